package io.headrace.console;

import io.headrace.checkpoint.Order;
import java.util.LinkedHashMap;
import java.util.Map;

/** An order as scripts read it. */
final class OrderView {
  private OrderView() {}

  static Map<String, Object> json(Order order) {
    var json = new LinkedHashMap<String, Object>();
    json.put("number", order.number());
    json.put("function", order.function());
    order.shard().ifPresent(shard -> json.put("shard", shard.key()));
    order.key().ifPresent(key -> json.put("key", key));
    var deed = order.deed();
    json.put("deed", deed.word());
    if (deed instanceof Order.Deed.Seek seek) {
      json.put("to", Order.text(seek.to()));
      seek.with().ifPresent(state -> json.put("with", state));
    } else if (deed instanceof Order.Deed.Erase erase) {
      json.put("keyHash", erase.hash().toString(16));
    } else if (deed instanceof Order.Deed.Skip skip) {
      json.put("position", Order.text(skip.position()));
    } else if (deed instanceof Order.Deed.Redrive redrive) {
      redrive.code().ifPresent(code -> json.put("code", code));
      redrive.since().ifPresent(since -> json.put("since", since.toString()));
      redrive.until().ifPresent(until -> json.put("until", until.toString()));
      json.put("perSecond", redrive.perSecond());
    }
    json.put("by", order.by());
    json.put("at", order.at().toString());
    json.put("reason", order.reason());
    return json;
  }
}
