// SPDX-License-Identifier: Apache-2.0
#include "service/wire/stock_input_codec.hpp"

#include "base/limits.hpp"
#include "service/wire/control_codec.hpp"

namespace spud::service::wire {

void write(const std::vector<StockInput>& inputs, capnp::List<schema::StockInput>::Builder out) {
  for (unsigned i = 0; i < inputs.size(); ++i) {
    if (const auto* secret = std::get_if<TensorType>(&inputs[i])) {
      write(*secret, out[i].initSecret());
    } else if (const auto* kept = std::get_if<KeptInput>(&inputs[i])) {
      auto to = out[i].initKept();
      to.setRank(static_cast<std::uint16_t>(index(kept->rank)));
      write(kept->type, to.initType());
    } else {
      write(std::get<PublicInput>(inputs[i]), out[i].initOpen());
    }
  }
}

std::vector<StockInput> read(capnp::List<schema::StockInput>::Reader in) {
  if (in.size() > limits::kParametersPerProgram) {
    throw Refused{"inputs", std::to_string(in.size()) + " entries"};
  }
  std::vector<StockInput> inputs;
  for (auto input : in) {
    switch (input.which()) {
      case schema::StockInput::SECRET:
        inputs.emplace_back(read(input.getSecret()));
        break;
      case schema::StockInput::OPEN:
        inputs.emplace_back(read(input.getOpen()));
        break;
      case schema::StockInput::KEPT: {
        auto kept = input.getKept();
        if (kept.getRank() >= limits::kPartiesPerDevice)
          throw Refused{"input", "kept by rank " + std::to_string(kept.getRank())};
        inputs.emplace_back(KeptInput{Rank{kept.getRank()}, read(kept.getType())});
        break;
      }
      default:
        throw Refused{"input", "neither secret nor public"};
    }
  }
  return inputs;
}

}  // namespace spud::service::wire
