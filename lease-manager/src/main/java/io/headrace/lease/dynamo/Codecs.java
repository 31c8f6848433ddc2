package io.headrace.lease.dynamo;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StableCopy;
import io.headrace.kcl.StreamId;
import io.headrace.lease.ApplicationItem;
import io.headrace.lease.Book;
import io.headrace.lease.Deployment;
import io.headrace.lease.LeaseItem;
import io.headrace.lease.LeaseReason;
import io.headrace.lease.LeaseRow;
import io.headrace.lease.Notice;
import io.headrace.lease.Profile;
import io.headrace.lease.RosterPart;
import io.headrace.lease.WorkerItem;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** The kinds of items. */
final class Codecs {
  static final ItemCodec<ApplicationItem> APPLICATION = new Applications();
  static final ItemCodec<WorkerItem> WORKER = new Workers();
  static final ItemCodec<Book> BOOK = new Books();
  static final ItemCodec<RosterPart> ROSTER = new Roster();
  static final ItemCodec<LeaseRow> LEASE = new Leases();
  static final ItemCodec<Notice> NOTICE = new Notices();

  /** The states of a worker that may beat, as values of a condition. */
  static final Map<String, AttributeValue> LIVING =
      Map.of(
          ":active", AttributeValue.fromS(letter(WorkerItem.State.ACTIVE)),
          ":leaving", AttributeValue.fromS(letter(WorkerItem.State.DRAINING)));

  private Codecs() {}

  private static String letter(WorkerItem.State state) {
    return switch (state) {
      case ACTIVE -> "A";
      case DRAINING -> "L";
      case DEPARTED -> "D";
      case BURIED -> "B";
    };
  }

  @SuppressWarnings("unchecked") // each case is the codec of just that kind
  static <T extends LeaseItem> ItemCodec<T> of(T item) {
    ItemCodec<?> codec;
    if (item instanceof ApplicationItem) {
      codec = APPLICATION;
    } else if (item instanceof WorkerItem) {
      codec = WORKER;
    } else if (item instanceof Book) {
      codec = BOOK;
    } else if (item instanceof RosterPart) {
      codec = ROSTER;
    } else if (item instanceof Notice) {
      codec = NOTICE;
    } else {
      codec = LEASE;
    }
    return (ItemCodec<T>) codec;
  }

  private static StreamId stream(String key) {
    int at = key.lastIndexOf('@');
    if (at < 0) {
      throw new IllegalArgumentException("stream \"" + key + "\": must be name@seconds");
    }
    return new StreamId(
        key.substring(0, at), Instant.ofEpochSecond(Long.parseLong(key.substring(at + 1))));
  }

  static ShardKey shard(String key) {
    int slash = key.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("shard \"" + key + "\": must be stream@seconds/shard");
    }
    return new ShardKey(stream(key.substring(0, slash)), new ShardId(key.substring(slash + 1)));
  }

  /** Applications: s names of streams, b who said so. */
  private static final class Applications extends ItemCodec<ApplicationItem> {
    @Override
    Map<String, AttributeValue> write(ApplicationItem item) {
      return new Writing().texts("s", item.streams()).text("b", item.by()).done();
    }

    @Override
    List<String> attributes() {
      return List.of("s", "b");
    }

    @Override
    ApplicationItem parse(Attributes item) {
      return new ApplicationItem(
          new TreeSet<>(item.texts("s")), item.parsed("b", item.text("b"), Incarnation::parse));
    }
  }

  /**
   * Heartbeats: i life, s state, F lease time in ms, b book, o roster, p plan, m members, y
   * standby.
   */
  private static final class Workers extends ItemCodec<WorkerItem> {
    private static final String STANDBY = "y";

    @Override
    Map<String, AttributeValue> write(WorkerItem item) {
      return new Writing()
          .text("i", item.incarnation().life())
          .text("s", letter(item.state()))
          .number("F", item.leaseTime().toMillis())
          .number("b", item.book())
          .number("o", item.roster())
          .number("p", item.plan())
          .number("m", item.members())
          .texts("h", item.heirs())
          .text("x", item.replaced() == null ? null : item.replaced().life())
          .number("g", item.grace().toMillis())
          .text("y", item.standby() ? STANDBY : null)
          .done();
    }

    @Override
    List<String> attributes() {
      return List.of("i", "s", "F", "b", "o", "p", "m", "h", "x", "g", "y");
    }

    @Override
    WorkerItem parse(Attributes item) {
      var id = item.text(SORT);
      var replaced = item.textOrNull("x");
      return new WorkerItem(
          new Incarnation(id, item.text("i")),
          item.parsed("s", item.text("s"), Workers::state),
          Duration.ofMillis(item.number("F")),
          item.number("b"),
          item.number("o"),
          item.integer("p"),
          item.integer("m"),
          item.incarnations("h"),
          replaced == null ? null : new Incarnation(id, replaced),
          Duration.ofMillis(item.number("g")),
          STANDBY.equals(item.textOrNull("y")));
    }

    private static WorkerItem.State state(String letter) {
      return Stream.of(WorkerItem.State.values())
          .filter(state -> letter(state).equals(letter))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("state \"" + letter + "\" is unknown"));
    }
  }

  /** The notice: o the number of the latest order. */
  private static final class Notices extends ItemCodec<Notice> {
    @Override
    Map<String, AttributeValue> write(Notice item) {
      return new Writing().number("o", item.orders()).done();
    }

    @Override
    List<String> attributes() {
      return List.of("o");
    }

    @Override
    Notice parse(Attributes item) {
      return new Notice(item.number("o"));
    }
  }

  /**
   * Books: i life, c capacity, z start in ms, D deployment, R newest codec version that is read, by
   * function, s streams that are read, h holdings and y ready by stream, o offers by shard, w
   * shards by stream by weight.
   */
  private static final class Books extends ItemCodec<Book> {
    @Override
    Map<String, AttributeValue> write(Book item) {
      var offers = new LinkedHashMap<String, AttributeValue>();
      item.offers()
          .forEach((shard, to) -> offers.put(shard.key(), AttributeValue.fromS(to.toString())));
      var deployment = item.profile().deployment();
      var reads = new LinkedHashMap<String, AttributeValue>();
      deployment
          .reads()
          .forEach((name, version) -> reads.put(name, AttributeValue.fromN("" + version)));
      return new Writing()
          .text("i", item.owner().life())
          .number("c", item.profile().capacity())
          .number("z", item.profile().startedAt().toEpochMilli())
          .text("D", deployment.id().isEmpty() ? null : deployment.id())
          .map("R", reads)
          .texts("s", new TreeSet<>(item.profile().streams()))
          .map("w", byWeight(item.weights()))
          .map("h", byStream(item.holdings()))
          .map("y", byStream(item.ready()))
          .map("o", offers)
          .done();
    }

    @Override
    List<String> attributes() {
      return List.of("i", "c", "z", "D", "R", "s", "h", "y", "o", "w");
    }

    @Override
    Book parse(Attributes item) {
      var offers = new HashMap<ShardKey, Incarnation>();
      item.map("o")
          .forEach(
              (key, to) ->
                  offers.put(
                      item.parsed("o", key, Codecs::shard),
                      item.parsed("o", String.valueOf(to.s()), Incarnation::parse)));
      return new Book(
          new Incarnation(item.text(SORT), item.text("i")),
          profile(item),
          shards(item, "h"),
          offers,
          shards(item, "y"),
          weights(item, "w"));
    }

    private static Profile profile(Attributes item) {
      var reads = new TreeMap<String, Integer>();
      item.map("R")
          .forEach(
              (name, version) ->
                  reads.put(name, item.parsed("R", String.valueOf(version.n()), Books::whole)));
      var id = item.textOrNull("D");
      return new Profile(
          item.integer("c"),
          new Deployment(id == null ? "" : id, reads),
          Instant.ofEpochMilli(item.number("z")),
          StableCopy.of(item.texts("s")));
    }

    private static int whole(String digits) {
      return Integer.parseInt(digits);
    }

    private static Map<String, AttributeValue> byWeight(Map<ShardKey, Integer> weights) {
      var shards = new TreeMap<Integer, Set<ShardKey>>();
      weights.forEach(
          (shard, weight) -> shards.computeIfAbsent(weight, w -> new HashSet<>()).add(shard));
      var attributes = new LinkedHashMap<String, AttributeValue>();
      shards.forEach(
          (weight, set) -> attributes.put("" + weight, AttributeValue.fromM(byStream(set))));
      return attributes;
    }

    private static Map<ShardKey, Integer> weights(Attributes item, String name) {
      var weights = new HashMap<ShardKey, Integer>();
      item.map(name)
          .forEach(
              (key, byStream) -> {
                var weight = item.parsed(name, key, Books::whole);
                if (!byStream.hasM()) {
                  throw item.wrong(name, "has no map of shards under " + key);
                }
                shards(item, name, byStream.m()).forEach(shard -> weights.put(shard, weight));
              });
      return weights;
    }

    private static Map<String, AttributeValue> byStream(Collection<ShardKey> shards) {
      var ids = new TreeMap<String, Set<String>>();
      for (var shard : shards) {
        ids.computeIfAbsent(shard.stream().key(), stream -> new TreeSet<>())
            .add(shard.shard().value());
      }
      var attributes = new LinkedHashMap<String, AttributeValue>();
      ids.forEach((stream, set) -> attributes.put(stream, AttributeValue.fromSs(List.copyOf(set))));
      return attributes;
    }

    private static Set<ShardKey> shards(Attributes item, String name) {
      return shards(item, name, item.map(name));
    }

    private static Set<ShardKey> shards(
        Attributes item, String name, Map<String, AttributeValue> byStream) {
      var shards = new HashSet<ShardKey>();
      byStream.forEach(
          (key, ids) -> {
            var stream = item.parsed(name, key, Codecs::stream);
            if (!ids.hasSs()) {
              throw item.wrong(name, "has no set of shards under " + key);
            }
            item.shardIds(name, ids.ss()).forEach(id -> shards.add(new ShardKey(stream, id)));
          });
      return shards;
    }
  }

  /** Roster: q runnable, w waiting, e ended shard ids; the key says stream and part. */
  private static final class Roster extends ItemCodec<RosterPart> {
    @Override
    Map<String, AttributeValue> write(RosterPart item) {
      return new Writing()
          .texts("q", of(item, RosterPart.Standing.RUNNABLE))
          .texts("w", of(item, RosterPart.Standing.WAITING))
          .texts("e", of(item, RosterPart.Standing.ENDED))
          .done();
    }

    private static List<ShardId> of(RosterPart item, RosterPart.Standing standing) {
      return item.shards().entrySet().stream()
          .filter(entry -> entry.getValue() == standing)
          .map(Map.Entry::getKey)
          .toList();
    }

    @Override
    List<String> attributes() {
      return List.of("q", "w", "e");
    }

    @Override
    RosterPart parse(Attributes item) {
      var key = item.text(SORT);
      int hash = key.lastIndexOf('#');
      if (hash < 0) {
        throw new IllegalArgumentException("roster \"" + key + "\": must be stream@seconds#part");
      }
      var shards = new TreeMap<ShardId, RosterPart.Standing>();
      put(item, "q", RosterPart.Standing.RUNNABLE, shards);
      put(item, "w", RosterPart.Standing.WAITING, shards);
      put(item, "e", RosterPart.Standing.ENDED, shards);
      return new RosterPart(
          stream(key.substring(0, hash)), Integer.parseInt(key.substring(hash + 1)), shards);
    }

    private static void put(
        Attributes item,
        String name,
        RosterPart.Standing standing,
        Map<ShardId, RosterPart.Standing> shards) {
      for (var id : item.shardIds(name, item.texts(name))) {
        if (shards.put(id, standing) != null) {
          throw item.wrong(name, "names shard " + id + ", which has another standing too");
        }
      }
    }
  }

  /**
   * Leases: o owner, e epoch, d ended, k hash range (first and last, 16 bytes each), u parents in
   * order, w awaited parents, a avoided incarnation, g giver of an unacknowledged hand-over, y why.
   */
  private static final class Leases extends ItemCodec<LeaseRow> {
    private static final int KEY_BYTES = 16;

    @Override
    Map<String, AttributeValue> write(LeaseRow item) {
      var attributes =
          new Writing()
              .text("o", item.owner())
              .number("e", item.epoch())
              .flag("d", item.ended())
              .texts("w", item.awaits())
              .text("a", item.avoid())
              .text("g", item.from())
              .text("y", item.reason() == null ? null : item.reason().text())
              .done();
      var range = new byte[2 * KEY_BYTES];
      put(item.range().first(), range, KEY_BYTES);
      put(item.range().last(), range, 2 * KEY_BYTES);
      attributes.put("k", AttributeValue.fromB(SdkBytes.fromByteArray(range)));
      if (!item.parents().isEmpty()) {
        attributes.put(
            "u",
            AttributeValue.fromL(
                item.parents().stream().map(id -> AttributeValue.fromS(id.value())).toList()));
      }
      return attributes;
    }

    private static void put(BigInteger number, byte[] into, int end) {
      var bytes = number.toByteArray(); // big-endian, perhaps with a leading zero for the sign
      for (int i = 1; i <= Math.min(bytes.length, KEY_BYTES); i++) {
        into[end - i] = bytes[bytes.length - i];
      }
    }

    @Override
    List<String> attributes() {
      return List.of("o", "e", "d", "w", "a", "g", "y", "k", "u");
    }

    @Override
    LeaseRow parse(Attributes item) {
      var shard = item.parsed(SORT, item.text(SORT), Codecs::shard);
      var parents = item.shardIds("u", item.list("u"));
      var awaits = StableCopy.of(item.shardIds("w", item.texts("w")));
      var owner = item.incarnationOrNull("o");
      checkLineage(item, shard.shard(), parents, awaits);
      if (item.has("d") && owner != null) {
        throw item.wrong("d", "says that the shard is ended, and o that " + owner + " runs it");
      }
      return new LeaseRow(
          shard,
          parents,
          range(item),
          owner,
          item.number("e"),
          item.has("d"),
          awaits,
          item.incarnationOrNull("a"),
          item.incarnationOrNull("g"),
          reason(item.textOrNull("y")));
    }

    /** Nobody obeys it, so one that was edited by hand harms nothing. */
    private static @Nullable LeaseReason reason(@Nullable String text) {
      try {
        return text == null ? null : LeaseReason.parse(text);
      } catch (IllegalArgumentException edited) {
        return null;
      }
    }

    /**
     * A shard that waits for what is no parent of it would wait for ever, and nobody would know.
     */
    private static void checkLineage(
        Attributes item, ShardId shard, List<ShardId> parents, Set<ShardId> awaits) {
      if (parents.contains(shard)) {
        throw item.wrong("u", "names the shard itself as its parent");
      }
      for (var awaited : awaits) {
        if (!parents.contains(awaited)) {
          throw item.wrong("w", "awaits " + awaited + ", which is no parent in u");
        }
      }
    }

    private static HashRange range(Attributes item) {
      var bytes = item.bytes("k");
      if (bytes.length != 2 * KEY_BYTES) {
        throw item.wrong("k", "is a hash range of " + bytes.length + " bytes and must have 32");
      }
      var first = new BigInteger(1, bytes, 0, KEY_BYTES);
      var last = new BigInteger(1, bytes, KEY_BYTES, KEY_BYTES);
      if (first.compareTo(last) > 0) {
        throw item.wrong("k", "is a hash range from " + first + " to " + last);
      }
      return new HashRange(first, last);
    }
  }
}
