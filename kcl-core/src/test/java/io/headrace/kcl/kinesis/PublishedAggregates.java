package io.headrace.kcl.kinesis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Aggregates that others have published, with the digests that they published: made neither by our
 * reader nor by our writer.
 */
final class PublishedAggregates {
  /** What is known of one published record. */
  record Published(String source, byte[] bytes, List<Expected> records) {
    @Override
    public String toString() {
      return source;
    }
  }

  /**
   * One sub-record.
   *
   * @param hashKey the explicit one, or empty
   */
  record Expected(String key, String hashKey, String data) {}

  private static final HexFormat HEX = HexFormat.of();

  private PublishedAggregates() {}

  static List<Published> all() {
    return List.of(oneRecord(), threeOfOneKey(), threeOfThreeKeys(), explicitHashKeys(), hundred());
  }

  /** From the module's documentation on hex.pm, as decimal bytes. */
  private static Published oneRecord() {
    return new Published(
        "ex_kpl 0.2.0, ExKpl",
        HEX.parseHex(
            "f3899ac2"
                + "0a0d706172746974696f6e5f6b6579"
                + "1a0808001a0464617461"
                + "d03699da5a222fa32108ad1bd955a14e"),
        List.of(new Expected("partition_key", "", "data")));
  }

  /** From a public test of what uses AWS Labs' Node.js module aws-kinesis-agg, as base64. */
  private static Published threeOfOneKey() {
    return new Published(
        "aws-kinesis-agg, kpl-deagg test",
        HEX.parseHex(
            "f3899ac2"
                + "0a027031"
                + "1a1808001a143031323334353637383930313233343536375f41"
                + "1a1808001a143031323334353637383930313233343536375f42"
                + "1a1808001a143031323334353637383930313233343536375f43"
                + "478cbd368b2464dc3fa43b6502d97eae"),
        List.of(
            new Expected("p1", "", "012345678901234567_A"),
            new Expected("p1", "", "012345678901234567_B"),
            new Expected("p1", "", "012345678901234567_C")));
  }

  /** From a public test that says it was captured from awslabs/kinesis-aggregation, as base64. */
  private static Published threeOfThreeKeys() {
    return new Published(
        "awslabs/kinesis-aggregation, captured",
        HEX.parseHex(
            "f3899ac2"
                + "0a04706b2d30"
                + "0a04706b2d31"
                + "0a04706b2d32"
                + "1a1308001a0f7b226d7367223a226c696e6530227d"
                + "1a1308011a0f7b226d7367223a226c696e6531227d"
                + "1a1308021a0f7b226d7367223a226c696e6532227d"
                + "9f21c9a748fafd8a64f66b5068a6e9c4"),
        List.of(
            new Expected("pk-0", "", "{\"msg\":\"line0\"}"),
            new Expected("pk-1", "", "{\"msg\":\"line1\"}"),
            new Expected("pk-2", "", "{\"msg\":\"line2\"}")));
  }

  /** From hawknewton/kinesis-aggregation, spec/kinesis/aggregate/aggregator_spec.rb, as base64. */
  private static Published explicitHashKeys() {
    var keys =
        List.of(
            "fc03dd88-3e79-448a-b01a-7cf1bd47b784",
            "cae41b1c-ea61-43f2-90be-b8755ebf88e2",
            "d490690c-e74d-4db2-a3c8-d8f2f184fd23",
            "c924bc09-b85e-47f1-b32e-336522ee53c8");
    var hashKeys =
        List.of(
            "38486495867508399078159723846051807020",
            "193787600037681706952143357071916352604",
            "266880436964932424265466916734068684439",
            "339606600942967391854603552402021847292");
    var data =
        List.of(
            "RECORD 22 peeobhczbzdmskboupgyq\n",
            "RECORD 23 uswkxftxroeusscxsjhno\n",
            "RECORD 24 casehdgivfaxeustlyszy\n",
            "RECORD 25 nvffvpmuogdopjhamevrk\n");
    var all = new ByteArrayOutputStream();
    all.writeBytes(HEX.parseHex("f3899ac2"));
    keys.forEach(key -> field(all, "0a", key));
    hashKeys.forEach(key -> field(all, "12", key));
    for (int i = 0; i < data.size(); i++) {
      all.writeBytes(HEX.parseHex("1a26080" + i + "100" + i));
      field(all, "1a", data.get(i));
    }
    all.writeBytes(HEX.parseHex("51c153d0de0a34ca9e18ea4bccd2add5"));
    var expected = new ArrayList<Expected>();
    for (int i = 0; i < data.size(); i++) {
      expected.add(new Expected(keys.get(i), hashKeys.get(i), data.get(i)));
    }
    return new Published(
        "hawknewton/kinesis-aggregation, aggregator_spec", all.toByteArray(), expected);
  }

  /**
   * The event that the documentation of AWS Labs' de-aggregator for Lambda gives to try it with
   * (awslabs/kinesis-aggregation, java/KinesisDeaggregatorV2/README.md): a hundred records of one
   * key and one explicit hash key, the alphabet forwards and backwards in turn.
   */
  private static Published hundred() {
    var hashKey = "191415658344158766168031473277922803570";
    var forwards = "abcdefghijklmnopqrstuvwxyz";
    var backwards = new StringBuilder(forwards).reverse().toString();
    var all = new ByteArrayOutputStream();
    all.writeBytes(HEX.parseHex("f3899ac2"));
    field(all, "0a", "abc");
    field(all, "12", hashKey);
    var expected = new ArrayList<Expected>();
    for (int i = 0; i < 100; i++) {
      var data = i % 2 == 0 ? forwards : backwards;
      all.writeBytes(HEX.parseHex("1a20" + "0800" + "1000"));
      field(all, "1a", data);
      expected.add(new Expected("abc", hashKey, data));
    }
    all.writeBytes(HEX.parseHex("d08f16bf0103262183e18b222887d43b"));
    return new Published(
        "awslabs/kinesis-aggregation, SampleLambdaEvent", all.toByteArray(), expected);
  }

  /** Tag, length and text; nothing published is longer than a length of one byte tells. */
  private static void field(ByteArrayOutputStream out, String tag, String text) {
    out.writeBytes(HEX.parseHex(tag));
    out.write(text.length());
    out.writeBytes(text.getBytes(US_ASCII));
  }
}
