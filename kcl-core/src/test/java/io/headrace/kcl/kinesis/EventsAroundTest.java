package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Fetched;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardClaim;
import io.headrace.kcl.StartingPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** Whatever somebody has put around the SDK's client, no record is lost by it nor comes twice. */
@Timeout(120)
class EventsAroundTest {
  private static final String NAME = "orders";
  private static final long PLENTY = 1 << 20;
  private static final String FAN_OUT = "enhanced fan-out, consumer reader";

  private final List<String> told = new ArrayList<>();

  @Test
  void what_is_done_to_the_sdks_events_does_nothing_to_those_that_come_past_it() {
    isReadWholeThrough(real -> ChangedEvents.around(real, event -> List.of()));
    isReadWholeThrough(real -> ChangedEvents.around(real, event -> List.of(event, event)));

    assertThat(told).containsOnly(FAN_OUT);
  }

  @Test
  void where_nobody_subscribes_to_the_sdks_events_records_are_polled() {
    isReadWholeThrough(real -> ChangedEvents.handling(real, Unread::new));

    assertThat(told).contains("polling, since SubscribeToShard was silent for 3 s");
  }

  @Test
  void a_client_that_takes_no_interceptors_hands_the_sdks_events_over() {
    isReadWholeThrough(ChangedEvents::withoutInterceptors);

    assertThat(told).containsOnly(FAN_OUT);
  }

  /** Drops the stream of events. */
  private record Unread(SubscribeToShardResponseHandler handler) implements PassingOn {
    @Override
    public void onEventStream(SdkPublisher<SubscribeToShardEventStream> publisher) {}
  }

  /** All that is put is read once and in order, by whatever means. */
  private void isReadWholeThrough(UnaryOperator<KinesisAsyncClient> around) {
    try (var local = LocalStreams.pushedThrough(around)) {
      var stream = local.create(NAME, 1);
      local.awaitConsumer(stream);
      var claim =
          new ShardClaim() {
            @Override
            public boolean holds() {
              return true;
            }

            @Override
            public void retrieving(String how) {
              told.add(how);
            }
          };
      var shard = local.await(stream.shards()).get(0);
      var cursor = stream.open(shard, StartingPosition.TRIM_HORIZON, claim);
      var put = new ArrayList<Position>();
      var read = new ArrayList<Position>();
      for (int i = 0; i < 20; i++) {
        put.add(put(local, i));
        put.add(put(local, i));
        for (int fetches = 0; read.size() < put.size(); fetches++) {
          assertThat(fetches).as("fetches for a record that was put").isLessThan(200);
          var records = (Fetched.Records) local.await(cursor.fetch(PLENTY));
          records.records().forEach(record -> read.add(record.position()));
        }
        local.loop.advance(Duration.ofSeconds(4));
      }

      assertThat(read).isEqualTo(put);
      cursor.close();
    }
  }

  private static Position put(LocalStreams local, int key) {
    var data = SdkBytes.fromByteArray(new byte[100]);
    return Position.of(
        local
            .direct
            .putRecord(r -> r.streamName(NAME).partitionKey("key-" + key).data(data))
            .join()
            .sequenceNumber());
  }
}
