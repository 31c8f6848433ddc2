package io.headrace.local.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.local.engine.Pushed;
import io.headrace.local.log.SequenceNumber;
import io.headrace.local.log.StoredRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import software.amazon.eventstream.Message;
import software.amazon.eventstream.MessageDecoder;

/** A message of records is the same in whatever pieces it is written. */
class RecordsFrameProperties {
  private static final String KEY_CHARS = "ab \"\\\u0001\u00e9\u4e2d/";

  @Property(tries = 300)
  void pieces_of_any_size_with_records_let_go_between_make_the_message(@ForAll long seed)
      throws IOException {
    Random random = new Random(seed);
    List<StoredRecord> records = records(random);
    RecordsFrame frame = new RecordsFrame(event(records));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    while (!frame.isWritten()) {
      ByteBuffer piece = ByteBuffer.allocate(1 + random.nextInt(20_000));
      frame.writeTo(piece);
      bytes.write(piece.array(), 0, piece.position());
      if (random.nextInt(3) == 0) {
        frame.letGo();
        assertThat(frame.payloadBytes()).isZero();
      }
      if (frame.lacksRecords()) {
        long order = frame.order();
        List<StoredRecord> rest = records.stream().filter(r -> r.order() >= order).toList();
        frame.supply(rest.subList(0, 1 + random.nextInt(rest.size())));
      }
    }

    List<Message> messages = new ArrayList<>();
    new MessageDecoder(messages::add).feed(bytes.toByteArray());
    assertThat(messages).as("seed %d", seed).hasSize(1);
    JsonNode event = new ObjectMapper().readTree(messages.get(0).getPayload());
    assertThat(event.get("ContinuationSequenceNumber").asText()).isEqualTo("7");
    assertThat(event.get("MillisBehindLatest").asLong()).isEqualTo(12);
    assertThat(event.get("Records")).hasSize(records.size());
    for (int i = 0; i < records.size(); i++) {
      JsonNode got = event.get("Records").get(i);
      StoredRecord put = records.get(i);
      assertThat(got.get("SequenceNumber").asText()).isEqualTo(put.sequenceNumber().toString());
      assertThat(got.get("PartitionKey").asText()).isEqualTo(put.partitionKey());
      assertThat(got.get("Data").binaryValue()).isEqualTo(put.data());
      assertThat(got.has("EncryptionType")).isEqualTo(put.isEncrypted());
      assertThat(
              got.get("ApproximateArrivalTimestamp").decimalValue().movePointRight(3).longValue())
          .isEqualTo(put.arrivalMillis());
    }
  }

  @Example
  void other_records_than_those_let_go_are_not_taken_for_them() {
    List<StoredRecord> records = List.of(record(5, false, "k", new byte[40_000]));
    RecordsFrame frame = new RecordsFrame(event(records));
    frame.writeTo(ByteBuffer.allocate(1_000));
    frame.letGo();
    frame.writeTo(ByteBuffer.allocate(100_000));
    assertThat(frame.lacksRecords()).isTrue();
    assertThat(frame.order()).isEqualTo(5);

    assertThatThrownBy(() -> frame.supply(List.of()))
        .hasMessage("records of a begun event are past retention");
    assertThatThrownBy(() -> frame.supply(List.of(record(6, false, "k", new byte[40_000]))))
        .hasMessage("records of a begun event are past retention");
  }

  @Example
  void later_records_are_not_taken_for_those_that_went_with_retention() {
    List<StoredRecord> all = new ArrayList<>();
    for (long order = 1; order <= 6; order++) {
      all.add(record(order, false, "k", new byte[9]));
    }
    RecordsFrame frame = new RecordsFrame(event(all.subList(0, 3)));
    frame.letGo();
    frame.writeTo(ByteBuffer.allocate(10_000));
    assertThat(frame.order()).isEqualTo(1);

    // The first of the three is past retention by now, and the log goes on with the next event's.
    frame.supply(all.subList(1, 6));
    frame.writeTo(ByteBuffer.allocate(10_000));

    assertThat(frame.isWritten()).isFalse();
    assertThat(frame.lacksRecords()).isTrue();
    assertThatThrownBy(() -> frame.supply(all.subList(3, 6)))
        .hasMessage("records of a begun event are past retention");
  }

  private static List<StoredRecord> records(Random random) {
    List<StoredRecord> records = new ArrayList<>();
    long order = 1;
    for (int i = random.nextInt(8); i > 0; i--) {
      order += 1 + random.nextInt(3);
      byte[] data = new byte[random.nextInt(random.nextBoolean() ? 50 : 40_000)];
      random.nextBytes(data);
      StringBuilder key = new StringBuilder();
      for (int c = random.nextInt(10); c >= 0; c--) {
        key.append(KEY_CHARS.charAt(random.nextInt(KEY_CHARS.length())));
      }
      records.add(record(order, random.nextBoolean(), key.toString(), data));
    }
    return records;
  }

  private static StoredRecord record(long order, boolean encrypted, String key, byte[] data) {
    SequenceNumber number = new SequenceNumber(1_769_044_922L, 3, order, 1_769_044_922L);
    return new StoredRecord(number, 1_769_044_922_007L + order, encrypted, key, data);
  }

  private static Pushed.Event event(List<StoredRecord> records) {
    return new Pushed.Event(records, "7", 12, List.of());
  }
}
