package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSinkContract;
import java.util.Collections;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Of a sink that packs, against the local Kinesis over its socket. */
class PackingSinkContractTest extends StreamSinkContract {
  private final LocalStreams local = LocalStreams.direct();

  @AfterEach
  void close() {
    local.close();
  }

  @Override
  protected ShardedStream create() {
    return local.create("orders", 2);
  }

  @Override
  protected StreamSink sink() {
    return local.packingSink("orders");
  }

  @Override
  protected <T> T await(CompletionStage<T> stage) {
    return local.await(stage);
  }

  @Test
  void many_entries_of_a_key_are_one_record_of_the_stream() {
    var unused = create();
    var entry = new StreamSink.Entry("key", new byte[100]);

    var places = await(sink().put(Collections.nCopies(200, entry)));

    assertThat(places).hasSize(200).doesNotHaveDuplicates();
    assertThat(places.stream().map(each -> each.position().sequence()).collect(Collectors.toSet()))
        .hasSize(1);
  }
}
