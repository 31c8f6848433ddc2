package io.headrace.console;

import io.headrace.checkpoint.Order;
import io.headrace.checkpoint.ProgressRow;
import io.headrace.console.LagLook.Lag;
import io.headrace.lease.LeaseRow;
import io.headrace.lease.Stored;
import io.headrace.lease.WorkerItem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A {@link FleetPicture} for people and for scripts. Pure. */
final class FleetReport {
  /** Of the trail so many are shown to people; scripts get all. */
  private static final int ORDERS_SHOWN_MAX = 10;

  private final String application;
  private final String table;
  private final FleetPicture picture;
  private final Map<ProgressRow, Lag> lags;

  /**
   * @param lags of those that were asked
   */
  FleetReport(String application, String table, FleetPicture picture, Map<ProgressRow, Lag> lags) {
    this.application = application;
    this.table = table;
    this.picture = picture;
    this.lags = lags;
  }

  static String seconds(Duration span) {
    return String.format(Locale.ROOT, "%.1f s", span.toMillis() / 1000.0);
  }

  List<String> lines() {
    var lines = new ArrayList<String>();
    lines.add("application " + application + ", table " + table);
    lines.add("workers");
    picture.workers().forEach(worker -> lines.add("  " + line(worker)));
    if (picture.workers().isEmpty()) {
      lines.add("  none");
    }
    lines.add("leases");
    for (var row : picture.leases()) {
      lines.add("  " + line(row.item()));
      picture
          .progressIn(row.item().shard())
          .forEach(progress -> lines.add("    " + line(progress)));
    }
    var pauses = picture.orders().pauses();
    if (!pauses.isEmpty()) {
      lines.add("paused");
      pauses.forEach(order -> lines.add("  " + order.number() + ": " + order));
    }
    var given = picture.orders().given();
    if (!given.isEmpty()) {
      lines.add("orders" + (given.size() > ORDERS_SHOWN_MAX ? ", the latest" : ""));
      given
          .subList(Math.max(0, given.size() - ORDERS_SHOWN_MAX), given.size())
          .forEach(order -> lines.add("  " + order.number() + ": " + order));
    }
    return lines;
  }

  private static String counted(long number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }

  private String line(Stored<WorkerItem> worker) {
    var item = worker.item();
    return item.incarnation()
        + "  "
        + picture.standing(worker).name().toLowerCase(Locale.ROOT)
        + ", "
        + counted(picture.leasesOf(item.incarnation()), "lease")
        + ", heartbeat "
        + picture.heartbeatAge(worker).map(age -> seconds(age) + " ago").orElse("unknown")
        + ", lease time "
        + seconds(item.leaseTime());
  }

  private String line(LeaseRow row) {
    var owner = row.owner();
    var text = new StringBuilder(row.shard().key()).append("  ");
    if (row.ended()) {
      text.append("ended");
    } else if (owner == null) {
      text.append(row.awaits().isEmpty() ? "free" : "waits for its parents " + row.awaits());
    } else {
      text.append(owner).append(standing(row).map(how -> " (" + how + ")").orElse(""));
    }
    text.append(", epoch ").append(row.epoch());
    var reason = row.reason();
    if (reason != null && !row.ended()) {
      text.append(": ").append(reason).append(", ").append(reason.at());
    }
    return text.toString();
  }

  /** Only what is remarkable about the owner. */
  private Optional<String> standing(LeaseRow row) {
    var owner = row.owner();
    if (owner == null) {
      return Optional.empty();
    }
    var how = picture.standing(owner);
    return how.isEmpty()
        ? Optional.of("gone")
        : how.filter(standing -> standing != FleetPicture.Standing.RUNS)
            .map(standing -> standing.name().toLowerCase(Locale.ROOT));
  }

  private String line(ProgressRow row) {
    var text = new StringBuilder(row.key().function()).append("  ");
    var item = row.item();
    if (item.flatMap(found -> found.children()).isPresent()) {
      return text.append("has ended the shard").toString();
    }
    text.append(
        item.flatMap(found -> found.progress().through())
            .map(position -> "committed through " + position)
            .orElse(item.isPresent() ? "nothing committed" : "not begun"));
    int ahead = item.map(found -> found.progress().ranges().size()).orElse(0);
    if (ahead > 0) {
      text.append(" and ").append(counted(ahead, "range")).append(" behind it");
    }
    item.ifPresent(found -> text.append(", sealed by ").append(found.token()));
    var lag = lags.get(row);
    if (lag != null) {
      text.append(", ").append(lag);
    }
    var parked = picture.parked().get(row);
    if (parked != null) {
      text.append("; ").append(parked);
    }
    row.moved()
        .ifPresent(
            moved ->
                text.append(", moved to ")
                    .append(Order.text(moved.to()))
                    .append(" by order ")
                    .append(moved.order()));
    holding(row).ifPresent(order -> text.append("; paused by order ").append(order.number()));
    var keys = picture.orders().heldKeys(function(row), row.key().shard());
    if (!keys.isEmpty()) {
      text.append("; ").append(counted(keys.size(), "key")).append(" paused");
    }
    return text.toString();
  }

  private Optional<Order> holding(ProgressRow row) {
    return picture.orders().holding(function(row), row.key().shard());
  }

  /** Progress of a function with several inputs names the stream behind it. */
  private static String function(ProgressRow row) {
    var name = row.key().function();
    int at = name.indexOf('@');
    return at < 0 ? name : name.substring(0, at);
  }

  Map<String, Object> json() {
    var json = new LinkedHashMap<String, Object>();
    json.put("application", application);
    json.put("table", table);
    json.put("workers", picture.workers().stream().map(this::json).toList());
    json.put(
        "standbys",
        picture.workers().stream()
            .filter(worker -> picture.standing(worker) == FleetPicture.Standing.STANDBY)
            .map(worker -> worker.item().incarnation().toString())
            .toList());
    json.put("leases", picture.leases().stream().map(row -> json(row.item())).toList());
    json.put("paused", picture.orders().pauses().stream().map(OrderView::json).toList());
    json.put("orders", picture.orders().given().stream().map(OrderView::json).toList());
    json.put("faults", picture.faults());
    return json;
  }

  private Map<String, Object> json(Stored<WorkerItem> worker) {
    var item = worker.item();
    var json = new LinkedHashMap<String, Object>();
    json.put("worker", item.incarnation().workerId());
    json.put("incarnation", item.incarnation().toString());
    json.put("standing", picture.standing(worker).name());
    json.put("leases", picture.leasesOf(item.incarnation()));
    picture
        .heartbeatAge(worker)
        .ifPresent(age -> json.put("heartbeatAgeSeconds", age.toMillis() / 1000.0));
    json.put("leaseTimeSeconds", item.leaseTime().toMillis() / 1000.0);
    return json;
  }

  private Map<String, Object> json(LeaseRow row) {
    var json = new LinkedHashMap<String, Object>();
    json.put("shard", row.shard().key());
    var owner = row.owner();
    if (owner != null) {
      json.put("owner", owner.toString());
      json.put("ownerStanding", picture.standing(owner).map(Enum::name).orElse("GONE"));
    }
    json.put("epoch", row.epoch());
    json.put("ended", row.ended());
    if (!row.awaits().isEmpty()) {
      json.put("waitsFor", row.awaits().stream().map(parent -> parent.value()).toList());
    }
    var reason = row.reason();
    if (reason != null) {
      json.put(
          "why",
          Map.of(
              "kind", reason.kind().name(),
              "at", reason.at().toString(),
              "text", reason.toString()));
    }
    json.put("functions", picture.progressIn(row.shard()).stream().map(this::json).toList());
    return json;
  }

  private Map<String, Object> json(ProgressRow row) {
    var json = new LinkedHashMap<String, Object>();
    json.put("function", row.key().function());
    row.item()
        .ifPresent(
            item -> {
              item.progress()
                  .through()
                  .ifPresent(through -> json.put("position", through.toString()));
              json.put("rangesAhead", item.progress().ranges().size());
              json.put("sealedBy", item.token().toString());
              json.put("fencingToken", item.fencingToken());
              json.put("ended", item.children().isPresent());
            });
    var lag = lags.get(row);
    if (lag != null) {
      lag.age().ifPresent(age -> json.put("lagSeconds", age.toMillis() / 1000.0));
      if (lag.age().isEmpty()) {
        json.put("lagUnknown", lag.unknown());
      }
    }
    var parked = picture.parked().get(row);
    if (parked != null) {
      json.put("parkedKeys", parked.keys());
      json.put("parkedRecords", parked.records());
    }
    row.moved()
        .ifPresent(
            moved ->
                json.put("moved", Map.of("to", Order.text(moved.to()), "order", moved.order())));
    holding(row).ifPresent(order -> json.put("pausedBy", OrderView.json(order)));
    var keys = picture.orders().heldKeys(function(row), row.key().shard());
    if (!keys.isEmpty()) {
      json.put("pausedKeys", List.copyOf(keys.keySet()));
    }
    return json;
  }
}
