package io.headrace.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** Makes bad input of good: of trees of values, and of bytes. Draws from one random number each. */
final class Mutations {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final String[] TEXTS = {
    "",
    " ",
    "a",
    "orders",
    "0",
    "-1",
    "340282366920938463463374607431768211456",
    "shardId-000000000000",
    "shardId-999999999999",
    "shardId-2147483648",
    "LATEST",
    "TRIM_HORIZON",
    "AT_TIMESTAMP",
    "FROM_TIMESTAMP",
    "ON_DEMAND",
    "ALL",
    "KMS",
    "NONE",
    "\u0000",
    "\uD83D\uDE00",
    "\uD83D",
    "é".repeat(129),
    "a".repeat(257),
    "9".repeat(129),
    "x".repeat(5_000),
    "AAAAAAAAAAE=",
    "*".repeat(600),
    "arn:aws:kinesis:us-east-1:000000000000:stream/orders",
    "arn:aws:kinesis:eu-west-1:111111111111:stream/orders/consumer/app:1",
    "{\"a\":[}",
    "%s%n\r\nx: y"
  };
  private static final double[] NUMBERS = {
    0,
    -0.0,
    1,
    -1,
    2,
    0.5,
    1e3,
    10_001,
    2147483647,
    2147483648.0,
    -2147483649.0,
    9.3e18,
    1e30,
    1e308
  };

  private Mutations() {}

  /** A copy with one to three of its values changed, taken away, doubled or added. */
  static JsonNode tree(JsonNode good, RandomGenerator random) {
    JsonNode bad = good.deepCopy();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      bad = changed(bad, random);
    }
    return bad;
  }

  /** A copy with a few bytes changed, cut out, doubled, put in, or the end cut off. */
  static byte[] bytes(byte[] good, RandomGenerator random) {
    byte[] bad = good.clone();
    for (int i = 1 + random.nextInt(4); i > 0 && bad.length > 0; i--) {
      int at = random.nextInt(bad.length);
      int length = 1 + random.nextInt(Math.min(16, bad.length - at));
      switch (random.nextInt(7)) {
        case 0 -> bad[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bad[at] = (byte) random.nextInt(256);
        case 2 -> bad[at] = (byte) new int[] {0, 0x7f, 0x80, 0xff}[random.nextInt(4)];
        case 3 -> bad = joined(Arrays.copyOf(bad, at), rest(bad, at + length));
        case 4 ->
            bad =
                joined(
                    Arrays.copyOf(bad, at),
                    Arrays.copyOfRange(bad, at, at + length),
                    rest(bad, at));
        case 5 -> {
          byte[] more = new byte[length];
          random.nextBytes(more);
          bad = joined(Arrays.copyOf(bad, at), more, rest(bad, at));
        }
        default -> bad = random.nextInt(4) == 0 ? Arrays.copyOf(bad, at) : bad;
      }
    }
    return bad;
  }

  static String text(RandomGenerator random) {
    return TEXTS[random.nextInt(TEXTS.length)];
  }

  static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  private static byte[] rest(byte[] bytes, int from) {
    return Arrays.copyOfRange(bytes, Math.min(from, bytes.length), bytes.length);
  }

  private static JsonNode changed(JsonNode tree, RandomGenerator random) {
    List<JsonNode> containers = new ArrayList<>();
    collect(tree, containers);
    if (containers.isEmpty() || random.nextInt(60) == 0) {
      return value(random, 0);
    }
    JsonNode container = containers.get(random.nextInt(containers.size()));
    if (container instanceof ObjectNode object) {
      List<String> names = new ArrayList<>();
      object.fieldNames().forEachRemaining(names::add);
      if (names.isEmpty() || random.nextInt(8) == 0) {
        object.set(random.nextBoolean() ? text(random) : "StreamName", value(random, 0));
        return tree;
      }
      String name = names.get(random.nextInt(names.size()));
      switch (random.nextInt(6)) {
        case 0 -> object.remove(name);
        case 1 -> object.set(name, value(random, 0));
        default -> object.set(name, alike(object.get(name), random));
      }
    } else if (container instanceof ArrayNode array) {
      if (array.isEmpty() || random.nextInt(4) == 0) {
        int copies = random.nextInt(8) == 0 ? 600 : 1;
        JsonNode added = array.isEmpty() || random.nextBoolean() ? value(random, 0) : array.get(0);
        for (int i = 0; i < copies; i++) {
          array.add(added);
        }
      } else {
        array.set(random.nextInt(array.size()), value(random, 0));
      }
    }
    return tree;
  }

  private static void collect(JsonNode node, List<JsonNode> containers) {
    if (node.isContainerNode()) {
      containers.add(node);
      node.forEach(child -> collect(child, containers));
    }
  }

  /** Another value of the same kind, which gets further than one of another kind. */
  private static JsonNode alike(JsonNode old, RandomGenerator random) {
    if (old.isTextual()) {
      String text = random.nextInt(3) > 0 ? text(random) : spoilt(old.textValue(), random);
      return NODES.textNode(text);
    }
    if (old.isNumber()) {
      return random.nextBoolean()
          ? NODES.numberNode(random.nextInt(60))
          : NODES.numberNode((long) NUMBERS[random.nextInt(NUMBERS.length)]);
    }
    return old.isBoolean() ? NODES.booleanNode(!old.booleanValue()) : value(random, 0);
  }

  private static String spoilt(String text, RandomGenerator random) {
    if (text.isEmpty()) {
      return "a";
    }
    int at = random.nextInt(text.length());
    return switch (random.nextInt(3)) {
      case 0 -> text.substring(0, at);
      case 1 -> text.substring(0, at) + (char) (' ' + random.nextInt(95)) + text.substring(at + 1);
      default -> text + text.charAt(at);
    };
  }

  private static JsonNode value(RandomGenerator random, int depth) {
    return switch (random.nextInt(depth > 3 ? 7 : 10)) {
      case 0 -> NODES.nullNode();
      case 1 -> NODES.booleanNode(random.nextBoolean());
      case 2 -> NODES.numberNode(NUMBERS[random.nextInt(NUMBERS.length)]);
      case 3 -> NODES.numberNode(random.nextLong());
      case 4, 5, 6 -> NODES.textNode(text(random));
      case 7 -> NODES.objectNode().set(text(random), value(random, depth + 1));
      case 8 -> NODES.arrayNode().add(value(random, depth + 1));
      default -> deep(random);
    };
  }

  private static JsonNode deep(RandomGenerator random) {
    JsonNode node = NODES.textNode("bottom");
    for (int i = random.nextInt(8) == 0 ? 300 : 3; i > 0; i--) {
      node = NODES.arrayNode().add(node);
    }
    return node;
  }
}
