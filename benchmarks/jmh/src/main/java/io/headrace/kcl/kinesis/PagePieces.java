package io.headrace.kcl.kinesis;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** From the bytes of an answer of GetRecords to the records of a page. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PagePieces {
  private static final int RECORDS = 5_000;
  private static final int PAYLOAD_BYTES = 200;
  private static final int AGGREGATES = 100;
  private static final int RECORDS_OF_AN_AGGREGATE = RECORDS / AGGREGATES;
  private static final BigInteger FIRST =
      new BigInteger("49668899999999999999999999999999999999999999999999999999");
  private static final Instant NOW = Instant.ofEpochMilli(1_700_000_000_000L);

  private final Page.Wanted wanted =
      new Page.Wanted(
          new Shard(new ShardId("shardId-000000000000"), List.of(), HashRange.ALL),
          null,
          Long.MAX_VALUE,
          new Place("orders", "here"));
  private final byte[] body;
  private final List<StoredRecord> aggregates = new ArrayList<>();

  /** Makes both, the same in each run. */
  public PagePieces() {
    SplittableRandom random = new SplittableRandom(1);
    this.body = body(random);
    for (int i = 0; i < AGGREGATES; i++) {
      AggregateWriter writer = new AggregateWriter();
      for (int j = 0; j < RECORDS_OF_AN_AGGREGATE; j++) {
        writer.add("key-" + random.nextInt(1_000), payload(random));
      }
      aggregates.add(
          new StoredRecord(
              FIRST.add(BigInteger.valueOf(i)).toString(), "any", writer.bytes(), NOW));
    }
  }

  private static byte[] payload(SplittableRandom random) {
    byte[] payload = new byte[PAYLOAD_BYTES];
    random.nextBytes(payload);
    return payload;
  }

  private static byte[] body(SplittableRandom random) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator cbor = new CBORFactory().createGenerator(out)) {
      cbor.writeStartObject(null, 3);
      cbor.writeStringField("NextShardIterator", "n".repeat(200));
      cbor.writeFieldName("Records");
      cbor.writeStartArray(null, RECORDS);
      for (int i = 0; i < RECORDS; i++) {
        cbor.writeStartObject(null, 4);
        cbor.writeStringField("SequenceNumber", FIRST.add(BigInteger.valueOf(i)).toString());
        cbor.writeFieldName("ApproximateArrivalTimestamp");
        ((CBORGenerator) cbor).writeTag(1);
        cbor.writeNumber(NOW.toEpochMilli());
        cbor.writeBinaryField("Data", payload(random));
        cbor.writeStringField("PartitionKey", "key-" + random.nextInt(1_000));
        cbor.writeEndObject();
      }
      cbor.writeEndArray();
      cbor.writeNumberField("MillisBehindLatest", 0);
      cbor.writeEndObject();
    } catch (IOException impossible) {
      throw new IllegalStateException("a page that can't be written", impossible);
    }
    return out.toByteArray();
  }

  /** A page of 5,000 records of 200 bytes in CBOR. */
  @Benchmark
  @OperationsPerInvocation(RECORDS)
  public Object decode() {
    RecordsBody read = Objects.requireNonNull(RecordsBody.ofCbor(body), "the page has records");
    return whole(Page.ofStored(read.records(), wanted, NOW));
  }

  /** A hundred records, read already, of 50 records of 200 bytes each. */
  @Benchmark
  @OperationsPerInvocation(RECORDS)
  public Object deaggregate() {
    return whole(Page.ofStored(aggregates, wanted, NOW));
  }

  private static Page whole(Page page) {
    if (page.records().size() != RECORDS) {
      throw new IllegalStateException("the page has " + page.records().size() + " records");
    }
    return page;
  }
}
