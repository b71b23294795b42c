// SPDX-License-Identifier: Apache-2.0
#include "correlation/streams.hpp"

#include "ring/dense_bits.hpp"

namespace spud::correlation {

ring::Tensor stream_words(const Streams& streams, ItemId item, unsigned ring_bits, const Shape& shape,
                          unsigned width) {
  ring::Tensor out = ring::Tensor::uninitialised(ring_bits, shape);
  streams.fill(item, out.writable_bytes());
  return ring::low_bits(out, width);
}

ring::BitTensor stream_bits(const Streams& streams, ItemId item, const Shape& shape) {
  Bytes bytes(ring::packed_bytes(element_count(shape), 1));
  streams.fill(item, bytes);
  return ring::BitTensor::from_bytes(shape, bytes);
}

ring::DigitTable stream_table(const Streams& streams, ItemId item, const Shape& shape,
                              ring::DigitLayout layout) {
  ring::DigitTable out(shape, layout);
  streams.fill(item,
               {reinterpret_cast<std::byte*>(out.writable()), out.table_count() * sizeof(std::uint16_t)});
  const auto count = static_cast<std::size_t>(out.elements());
  for (unsigned d = 0; d < layout.digits(); ++d) {
    const auto mask = static_cast<std::uint16_t>((1u << layout.entries_of(d)) - 1);
    for (std::size_t i = 0; i < count; ++i) out.writable()[d * count + i] &= mask;
  }
  return out;
}

}  // namespace spud::correlation
