package io.headrace.checkpoint.dynamo;

import io.headrace.checkpoint.EndedParent;
import io.headrace.checkpoint.Moved;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.Standing;
import io.headrace.checkpoint.TakenOverException;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StartingPosition;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** How progress items look in DynamoDB. Names are short, since every commit is billed by size. */
final class Attributes {
  /** The layout that is written here. */
  static final int FORMAT = 1;

  /** Items that demand a newer reader than this are left alone. */
  static final int READER = 4;

  /** What any reader understands. */
  static final int ANY_READER = 1;

  /** Knows that a function goes on where it was moved, and not where it began. */
  static final int READER_OF_MOVES = 2;

  /** Knows {@link #DENSE_RANGES}. */
  static final int READER_OF_DENSE_RANGES = 3;

  /** Knows that an item with a {@link #SUCCESSOR} is not to be gone on with. */
  static final int READER_OF_SUCCESSORS = 4;

  /** So many ranges are text, which people and older readers can read; more are dense. */
  static final int RANGES_AS_TEXT_MAX = 4;

  static final String FORMAT_NUMBER = "f";
  static final String LEAST_READER = "r";
  static final String OWNER = "own";
  static final String EPOCH = "ep";
  static final String REV = "rev";
  static final String NONCE = "nonce";
  static final String SEALS = "seals";
  static final String ATTEMPT = "w";
  static final String THROUGH = "pos";
  static final String RANGES = "rng";

  /** Instead of {@link #RANGES}, where there are many. */
  static final String DENSE_RANGES = "rngs";

  static final String PARTS = "parts";
  static final String CHILDREN = "ended";
  static final String START = "start";
  static final String MOVED_AT = "mvRev";
  static final String MOVED_BY = "mvBy";
  static final String MOVED_TO = "mvTo";

  /** What placed the item or function there, when another consumer was before it. */
  static final String PLACED = "by";

  /** Of a function whose shards are being placed: not to be run yet. */
  static final String PLACING = "placing";

  /** Of a function, what it is; see {@link io.headrace.checkpoint.FunctionItem#shape}. */
  static final String SHAPE = "shape";

  /** Of a function, or of its progress in a shard: the name under which that is kept by now. */
  static final String SUCCESSOR = "to";

  private static final String PARENT = "ended_";
  private static final String PARENT_TOKEN = "t";
  private static final String PARENT_FROM = "from";

  private Attributes() {}

  static String parent(ShardId parent) {
    return PARENT + parent.value();
  }

  static boolean isParent(String attribute) {
    return attribute.startsWith(PARENT);
  }

  static AttributeValue shape(Map<String, String> shape) {
    var map = new HashMap<String, AttributeValue>();
    shape.forEach((name, value) -> map.put(name, text(value)));
    return AttributeValue.fromM(map);
  }

  static Map<String, String> shapeIn(Map<String, AttributeValue> item) {
    var shape = new HashMap<String, String>();
    optional(item, SHAPE)
        .ifPresent(
            value ->
                typed(value, isMap(value), value.m(), "map")
                    .forEach((name, word) -> shape.put(name, wordOf(word))));
    return shape;
  }

  private static String wordOf(AttributeValue word) {
    return read(SHAPE, () -> typed(word, word.s() != null, word, "map of texts").s());
  }

  static Optional<String> successor(Map<String, AttributeValue> item) {
    return optionalText(item, SUCCESSOR);
  }

  static AttributeValue number(long value) {
    return AttributeValue.fromN(Long.toString(value));
  }

  static AttributeValue text(String value) {
    return AttributeValue.fromS(value);
  }

  static AttributeValue parts(CommitParts parts) {
    var map = new HashMap<String, AttributeValue>();
    parts
        .parts()
        .forEach(
            (name, bytes) -> map.put(name, AttributeValue.fromB(SdkBytes.fromByteArray(bytes))));
    return AttributeValue.fromM(map);
  }

  static AttributeValue ended(EndedParent parent) {
    return AttributeValue.fromM(
        Map.of(
            PARENT_TOKEN,
            number(parent.fencingToken()),
            PARENT_FROM,
            text(ProgressText.of(parent.childrenFrom())),
            PARTS,
            parts(parent.parts())));
  }

  static AttributeValue children(List<Shard> children) {
    return AttributeValue.fromL(children.stream().map(c -> text(ofShard(c))).toList());
  }

  static ProgressItem toItem(Map<String, AttributeValue> item) {
    var owner = read(OWNER, () -> Incarnation.parse(textOf(item, OWNER)));
    var through = read(THROUGH, () -> optionalText(item, THROUGH).map(Position::parse));
    return new ProgressItem(
        new LeaseToken(owner, longOf(item, EPOCH)),
        longOf(item, REV),
        textOf(item, NONCE),
        longOf(item, SEALS),
        optionalText(item, ATTEMPT).orElse(""),
        toProgress(through, item),
        parts(item),
        parents(item),
        read(CHILDREN, () -> optional(item, CHILDREN).map(Attributes::toChildren)),
        moved(item));
  }

  static Optional<CommitParts> parts(Map<String, AttributeValue> item) {
    return read(PARTS, () -> optional(item, PARTS).map(Attributes::toParts));
  }

  private static Progress toProgress(Optional<Position> through, Map<String, AttributeValue> item) {
    var dense = optional(item, DENSE_RANGES);
    if (dense.isPresent()) {
      return read(
          DENSE_RANGES, () -> DenseRanges.toProgress(through, bytesOf(dense.get(), "binary")));
    }
    var ranges = optionalText(item, RANGES).orElse("");
    return read(RANGES, () -> ProgressText.toProgress(through, ranges));
  }

  private static byte[] bytesOf(AttributeValue value, String kind) {
    return typed(value, value.b() != null, value, kind).b().asByteArray();
  }

  /** Has an update of a progress item hold this. */
  static Update set(Update update, Progress progress) {
    progress
        .through()
        .ifPresentOrElse(
            through -> update.set(THROUGH, text(through.toString())), () -> update.remove(THROUGH));
    int ranges = progress.ranges().size();
    if (ranges > RANGES_AS_TEXT_MAX) {
      return update
          .set(LEAST_READER, number(READER_OF_DENSE_RANGES))
          .set(DENSE_RANGES, AttributeValue.fromB(SdkBytes.fromByteArray(DenseRanges.of(progress))))
          .remove(RANGES);
    }
    update.remove(DENSE_RANGES);
    return ranges == 0
        ? update.remove(RANGES)
        : update.set(RANGES, text(ProgressText.ofRanges(progress)));
  }

  static Map<ShardId, EndedParent> parents(Map<String, AttributeValue> item) {
    var parents = new HashMap<ShardId, EndedParent>();
    item.forEach(
        (name, value) -> {
          if (name.startsWith(PARENT)) {
            parents.put(
                new ShardId(name.substring(PARENT.length())),
                read(name, () -> toEnded(typed(value, isMap(value), value.m(), "map"))));
          }
        });
    return parents;
  }

  static Optional<Moved> moved(Map<String, AttributeValue> item) {
    return optionalText(item, MOVED_TO)
        .map(
            to ->
                new Moved(
                    longOf(item, MOVED_AT),
                    longOf(item, MOVED_BY),
                    read(MOVED_TO, () -> ProgressText.toStart(to))));
  }

  /** Whether the item was made by Headrace: all that it makes says who may read it. */
  static boolean isOurs(Map<String, AttributeValue> item) {
    return item.isEmpty() || item.containsKey(LEAST_READER);
  }

  /** Names the attribute in whatever is wrong with its text. */
  static <T> T read(String name, String text, Function<String, T> parser) {
    return read(name, () -> parser.apply(text));
  }

  /** Names the attribute in whatever is wrong with it. */
  private static <T> T read(String name, Supplier<T> value) {
    try {
      return value.get();
    } catch (IllegalArgumentException | DateTimeException | IndexOutOfBoundsException wrong) {
      throw new IllegalArgumentException("attribute " + name + ": " + wrong.getMessage(), wrong);
    }
  }

  private static <T> T typed(AttributeValue value, boolean isOfType, T of, String kind) {
    if (!isOfType) {
      throw new IllegalArgumentException("must be a " + kind + " and is of type " + value.type());
    }
    return of;
  }

  /** The SDK tells an empty collection from one of a type that it does not know by nothing. */
  private static boolean isMap(AttributeValue value) {
    return value.hasM() || value.type() == AttributeValue.Type.UNKNOWN_TO_SDK_VERSION;
  }

  private static boolean isList(AttributeValue value) {
    return value.hasL() || value.type() == AttributeValue.Type.UNKNOWN_TO_SDK_VERSION;
  }

  private static Optional<String> optionalText(Map<String, AttributeValue> item, String name) {
    return optional(item, name)
        .map(value -> read(name, () -> typed(value, value.s() != null, value, "text").s()));
  }

  static String textOf(Map<String, AttributeValue> item, String name) {
    return optionalText(item, name).orElseThrow(() -> missing(name));
  }

  private static IllegalArgumentException missing(String name) {
    return new IllegalArgumentException("attribute " + name + " is missing");
  }

  private static List<Shard> toChildren(AttributeValue value) {
    return typed(value, isList(value), value.l(), "list").stream()
        .map(child -> toShard(typed(child, child.s() != null, child, "list of texts").s()))
        .toList();
  }

  /** Of a function item. */
  static StartingPosition toStart(AttributeValue value) {
    return read(
        START, () -> ProgressText.toStart(typed(value, value.s() != null, value, "text").s()));
  }

  /** An item that need not be sealed yet. */
  static Standing standing(Map<String, AttributeValue> item) {
    var parents = new HashMap<ShardId, StartingPosition>();
    item.forEach(
        (name, value) -> {
          if (name.startsWith(PARENT)) {
            parents.put(
                new ShardId(name.substring(PARENT.length())), toEnded(value.m()).childrenFrom());
          }
        });
    var through = optional(item, THROUGH).map(v -> Position.parse(v.s()));
    var parts = optional(item, PARTS).map(Attributes::toParts).orElse(CommitParts.NONE);
    return new Standing(
        optional(item, SEALS).filter(seals -> !seals.n().equals("0")).isPresent(),
        optional(item, PLACED).map(AttributeValue::s),
        toProgress(through, item),
        parents,
        item.containsKey(CHILDREN),
        parts.parts().values().stream().mapToInt(bytes -> bytes.length).sum());
  }

  /** Refuses an item whose function has given it to another one. */
  static void requireOwn(ProgressKey key, Map<String, AttributeValue> item) {
    successor(item)
        .ifPresent(
            other -> {
              throw new TakenOverException(
                  key,
                  other,
                  new LeaseToken(
                      read(OWNER, () -> Incarnation.parse(textOf(item, OWNER))),
                      longOf(item, EPOCH)));
            });
  }

  /** Refuses an item of a later version, which may mean something else by what it says. */
  static Map<String, AttributeValue> requireReadable(
      String name, String table, Map<String, AttributeValue> item) {
    long reader = item.containsKey(LEAST_READER) ? longOf(item, LEAST_READER) : 0;
    if (reader > READER) {
      throw new CheckpointException(
          name
              + " in DynamoDB table "
              + table
              + " has format "
              + optional(item, FORMAT_NUMBER).map(AttributeValue::n).orElse("?")
              + " and wants a reader of at least "
              + reader
              + ", this version is reader "
              + READER
              + ": run the version that wrote it, or a newer one");
    }
    return item;
  }

  /** Some shards of a function that is being placed would begin where they must not. */
  static Map<String, AttributeValue> requireWhole(
      String name, String table, Map<String, AttributeValue> item) {
    if (item.containsKey(PLACING)) {
      throw new CheckpointException(
          name
              + " in DynamoDB table "
              + table
              + " is being placed by "
              + optional(item, PLACED).map(AttributeValue::s).orElse("?")
              + ", which has not finished: let it end, or run it again if it broke off");
    }
    return item;
  }

  static Optional<AttributeValue> optional(Map<String, AttributeValue> item, String name) {
    return Optional.ofNullable(item.get(name));
  }

  static long longOf(Map<String, AttributeValue> item, String name) {
    var value = optional(item, name).orElseThrow(() -> missing(name));
    return read(name, () -> Long.parseLong(typed(value, value.n() != null, value, "number").n()));
  }

  private static EndedParent toEnded(Map<String, AttributeValue> entry) {
    return new EndedParent(
        longOf(entry, PARENT_TOKEN),
        read(PARENT_FROM, () -> ProgressText.toStart(textOf(entry, PARENT_FROM))),
        read(PARTS, () -> optional(entry, PARTS).map(Attributes::toParts))
            .orElse(CommitParts.NONE));
  }

  private static CommitParts toParts(AttributeValue of) {
    var parts = new HashMap<String, byte[]>();
    typed(of, isMap(of), of.m(), "map")
        .forEach((name, value) -> parts.put(name, bytesOf(value, "map of binaries")));
    return new CommitParts(parts);
  }

  /** {@code id!first!last!parent!parent}: shard ids hold no '!'. */
  private static String ofShard(Shard shard) {
    return String.join(
        "!",
        Stream.concat(
                Stream.of(
                    shard.id().value(),
                    shard.range().first().toString(),
                    shard.range().last().toString()),
                shard.parents().stream().map(ShardId::value))
            .toList());
  }

  private static Shard toShard(String text) {
    var words = text.split("!", -1);
    if (words.length < 3) {
      throw new IllegalArgumentException(
          "child \"" + text + "\": must be id!first!last and its parents");
    }
    return new Shard(
        new ShardId(words[0]),
        Arrays.stream(words).skip(3).map(ShardId::new).toList(),
        new HashRange(new BigInteger(words[1]), new BigInteger(words[2])));
  }
}
