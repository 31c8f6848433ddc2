package io.headrace.local;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/** Requests of all actions with one thing or some wrong with them. */
final class FuzzRequests {
  private static final String TARGET = "Kinesis_20131202.";

  private final Map<String, JsonNode> good;
  private final List<String> actions;

  /** A request as it goes over HTTP/1.1. */
  record Made(String action, boolean isSubscription, byte[] bytes) {}

  private FuzzRequests(Map<String, JsonNode> good) {
    this.good = good;
    this.actions = new ArrayList<>(good.keySet());
  }

  /** With these for the names in braces in the good requests. */
  static FuzzRequests with(Map<String, String> values) throws IOException {
    String text;
    try (var in = FuzzRequests.class.getResourceAsStream("/fuzz/requests.json")) {
      text = new String(in.readAllBytes(), ISO_8859_1);
    }
    for (Map.Entry<String, String> value : values.entrySet()) {
      text = text.replace("{" + value.getKey() + "}", value.getValue());
    }
    Map<String, JsonNode> good = new TreeMap<>();
    Wires.JSON_MAPPER
        .readTree(text)
        .properties()
        .forEach(each -> good.put(each.getKey(), each.getValue()));
    return new FuzzRequests(good);
  }

  List<String> actions() {
    return actions;
  }

  byte[] goodBody(String action) {
    return good.get(action).toString().getBytes(ISO_8859_1);
  }

  /** A good request of some action in which its body is bad as JSON or as what CBOR makes of it. */
  Made badBody(RandomGenerator random, boolean mayBeSubscription) {
    String action = action(random, mayBeSubscription);
    JsonNode tree = Mutations.tree(good.get(action), random);
    boolean cbor = random.nextBoolean();
    byte[] body = cbor ? cbor(tree) : json(tree, random);
    if (random.nextInt(8) == 0) {
      body = Mutations.bytes(body, random);
    }
    return made(action, head(action, cbor ? Wires.CBOR : Wires.JSON), body);
  }

  /** A good body under a bad head. */
  Made badHead(RandomGenerator random) {
    String action = action(random, false);
    boolean cbor = random.nextBoolean();
    byte[] body = cbor ? cbor(good.get(action)) : json(good.get(action), random);
    List<String> lines =
        new ArrayList<>(head(action, cbor ? Wires.CBOR : Wires.JSON).lines().toList());
    for (int i = 1 + random.nextInt(2); i > 0; i--) {
      int at = random.nextInt(lines.size());
      switch (random.nextInt(6)) {
        case 0 -> lines.set(at, at == 0 ? method(random) : lines.get(at) + header(random));
        case 1 -> lines.set(at, at == 0 ? method(random) : name(lines.get(at)) + header(random));
        case 2 -> lines.add(1, lines.get(at).startsWith("Kin") ? "a: b" : "x-" + lines.get(at));
        case 3 -> lines.add(other(random));
        default -> {
          if (at > 0) {
            lines.remove(at);
          }
        }
      }
      if (lines.isEmpty() || lines.get(0).indexOf(' ') < 0) {
        lines.add(0, "POST / HTTP/1.1");
      }
    }
    return made(action, String.join("\r\n", lines) + "\r\n", body);
  }

  /** Bytes that are CBOR at a glance only, for some action. */
  Made badCbor(RandomGenerator random) {
    String action = action(random, false);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    if (random.nextInt(100) == 0) {
      byte[] deep = new byte[20_000];
      Arrays.fill(deep, (byte) (random.nextBoolean() ? 0x81 : 0x9f));
      out.writeBytes(deep);
    } else if (random.nextInt(4) > 0) {
      out.write(0xbf);
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        List<String> names = new ArrayList<>();
        good.get(action).fieldNames().forEachRemaining(names::add);
        String name = names.isEmpty() ? "a" : names.get(random.nextInt(names.size()));
        out.write(0x60 + Math.min(23, name.length()));
        out.writeBytes(name.substring(0, Math.min(23, name.length())).getBytes(ISO_8859_1));
        item(out, random, 0);
      }
      out.write(random.nextInt(20) == 0 ? 0x00 : 0xff);
    } else {
      item(out, random, 0);
    }
    return made(action, head(action, Wires.CBOR), out.toByteArray());
  }

  /** A good request, whole. */
  byte[] goodRequest(String action) {
    return made(action, head(action, Wires.JSON), goodBody(action)).bytes();
  }

  private String action(RandomGenerator random, boolean mayBeSubscription) {
    String action = actions.get(random.nextInt(actions.size()));
    return mayBeSubscription || !action.equals("SubscribeToShard") ? action : "ListStreams";
  }

  private static Made made(String action, String head, byte[] body) {
    String lengthened = head + "Content-Length: " + body.length + "\r\n\r\n";
    return new Made(
        action,
        action.equals("SubscribeToShard"),
        Mutations.joined(lengthened.getBytes(ISO_8859_1), body));
  }

  private static String head(String action, String contentType) {
    return "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: "
        + TARGET
        + action
        + "\r\nContent-Type: "
        + contentType
        + "\r\nX-Amz-Date: 20260122T000000Z\r\nAuthorization: "
        + Wires.SIGNED
        + "\r\n";
  }

  private static String method(RandomGenerator random) {
    String[] methods = {"GET", "PUT", "DELETE", "OPTIONS", "PATCH", "post", "X"};
    String[] paths = {
      "/", "/_headrace/health", "/_headrace/faults", "*", "/?a=%zz", "/../..?X-Amz-Algorithm=x"
    };
    return methods[random.nextInt(methods.length)]
        + " "
        + paths[random.nextInt(paths.length)]
        + " HTTP/1.1";
  }

  private static String name(String line) {
    return line.substring(0, line.indexOf(':') + 1) + " ";
  }

  private static String header(RandomGenerator random) {
    String[] values = {
      "",
      ",",
      ";q=1",
      TARGET,
      "Kinesis_20131202",
      "DynamoDB_20120810.ListTables",
      "text/plain",
      "AWS4-HMAC-SHA256 Credential=",
      "AWS4-HMAC-SHA256 Credential=////, SignedHeaders=, Signature=",
      "Basic YTpi",
      "AWS4-HMAC-SHA256 Credential=a/b/c/d/e,SignedHeaders=a;b,Signature=é",
      "x".repeat(4_000)
    };
    return values[random.nextInt(values.length)];
  }

  private static String other(RandomGenerator random) {
    String[] others = {
      "Origin: http://example.org",
      "Access-Control-Request-Headers: x",
      "Expect: 100-continue",
      "Connection: keep-alive",
      "Accept-Encoding: gzip",
      "X-Amz-Content-Sha256: x",
      "Cookie: a=b",
      "X-Amz-Target: Kinesis_20131202.ListStreams",
      "Content-Encoding: gzip"
    };
    return others[random.nextInt(others.length)];
  }

  private static byte[] json(JsonNode tree, RandomGenerator random) {
    String text = tree.toString();
    if (random.nextInt(100) == 0) {
      text = "{\"a\":" + (random.nextBoolean() ? "[" : "{\"a\":").repeat(20_000);
    }
    if (random.nextInt(10) == 0) {
      text = text + (random.nextBoolean() ? text : "]");
    }
    return text.getBytes(random.nextInt(10) == 0 ? ISO_8859_1 : UTF_8);
  }

  // Half a pair of surrogates has no form in CBOR, and Jackson refuses to make one.
  private static byte[] cbor(JsonNode tree) {
    try {
      return Wires.CBOR_MAPPER.writeValueAsBytes(tree);
    } catch (IOException e) {
      return new byte[] {(byte) 0xbf, (byte) 0xff};
    }
  }

  private static void item(ByteArrayOutputStream out, RandomGenerator random, int depth) {
    int major = random.nextInt(depth > 6 ? 4 : 8);
    int info = random.nextInt(32);
    out.write(major << 5 | info);
    int more = info < 24 ? 0 : info < 28 ? 1 << (info - 24) : 0;
    byte[] length = new byte[more];
    random.nextBytes(length);
    if (random.nextInt(3) > 0 && more > 0) {
      Arrays.fill(length, 0, more - 1, (byte) 0);
    }
    out.writeBytes(length);
    int count = more > 0 ? length[more - 1] & 0xff : info;
    switch (major) {
      case 2, 3 -> {
        byte[] bytes =
            new byte[random.nextInt(8) == 0 ? random.nextInt(300) : Math.min(count, 300)];
        random.nextBytes(bytes);
        out.writeBytes(bytes);
      }
      case 4, 5 -> {
        for (int i = Math.min(count, 4) * (major - 3); i > 0; i--) {
          item(out, random, depth + 1);
        }
      }
      case 6 -> item(out, random, depth + 1);
      default -> {}
    }
  }
}
