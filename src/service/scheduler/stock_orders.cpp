// SPDX-License-Identifier: Apache-2.0
#include "service/scheduler/stock_orders.hpp"

#include "base/limits.hpp"

namespace spud::service::scheduler {

namespace {

std::string describe(const wire::StockInput& input) {
  if (const auto* secret = std::get_if<TensorType>(&input)) return "secret " + to_string(*secret);
  if (const auto* kept = std::get_if<wire::KeptInput>(&input))
    return "private:" + std::to_string(index(kept->rank)) + " " + to_string(kept->type);
  const auto& open = std::get<PublicInput>(input);
  return "public " + to_string(open.type) + " " + open.digest.hex();
}

}  // namespace

Digest digest(const PartyId& party, const wire::MakeStock& request) {
  Fields fields{{"party", party.str()},
                {"device", request.device.str()},
                {"device digest", request.device_digest.hex()},
                {"runs", std::to_string(request.runs)}};
  if (const auto* demand = std::get_if<Digest>(&request.what)) {
    fields.push_back({"demand", demand->hex()});
  } else {
    const auto& program = std::get<wire::StockProgram>(request.what);
    fields.push_back({"program", program.program.hex()});
    for (const auto& input : program.inputs) fields.push_back({"input", describe(input)});
  }
  return digest_fields("order of stock", fields);
}

void StockOrders::reload(wire::StockOrderRecord record) {
  by_age_[record.number] = record.id;
  auto id = record.id;
  orders_[id] = std::move(record);
}

const wire::StockOrderRecord* StockOrders::find(const std::string& id) const {
  auto found = orders_.find(id);
  return found == orders_.end() ? nullptr : &found->second;
}

Result<std::optional<wire::StockOrderRecord>> StockOrders::find(const std::string& id,
                                                                const Digest& request) const {
  const auto* order = find(id);
  if (order == nullptr) return std::nullopt;
  if (order->request == request) return *order;
  return fail(ErrorCode::kConflict, "the name stands for another order", "order " + id, {}, {},
              "choose another name; the same is for repeating the same order");
}

std::vector<std::string> StockOrders::add(wire::StockOrderRecord record) {
  record.number = by_age_.empty() ? 1 : by_age_.rbegin()->first + 1;
  reload(std::move(record));
  std::vector<std::string> old;
  while (orders_.size() > limits::kStockOrders) {
    old.push_back(by_age_.begin()->second);
    orders_.erase(old.back());
    by_age_.erase(by_age_.begin());
  }
  return old;
}

}  // namespace spud::service::scheduler
