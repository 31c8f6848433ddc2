package io.headrace.harness;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.Codec;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.Unavailable;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class StateCodecHarnessTest {
  private final AtomicBoolean down = new AtomicBoolean();

  /** Asks a registry of schemas, as it were. */
  private final class Registered implements Codec<String> {
    @Override
    public String decode(byte[] bytes, int version) {
      ask();
      return new String(bytes, UTF_8);
    }

    @Override
    public byte[] encode(String value) {
      ask();
      return value.getBytes(UTF_8);
    }

    private void ask() {
      if (down.get()) {
        throw new Unavailable("registry", Duration.ofSeconds(1), null);
      }
    }
  }

  private static final class Listing implements KeyedFunction<String, String, String> {
    @Override
    public String initial(String key) {
      return "";
    }

    @Override
    public Next<String> handle(String list, Event<String> event, Output<String> out) {
      return Next.state(list + event.value());
    }
  }

  @Test
  void a_codec_of_states_that_says_unavailable_pauses_its_function_and_costs_no_shard() {
    var stream =
        FunctionHarness.of(
            FunctionSpec.named("lists")
                .reading(Input.of(StreamSource.kinesis("words"), Json.of(String.class)))
                .keyedBy(Keys.partitionKey(), new Registered())
                .handledBy(Listing::new, Destination.<String>nowhere()));
    stream.putKeyed("k", "a");
    stream.crash();

    down.set(true);
    stream.putKeyed("k", "b");
    stream.putKeyed("new", "c");
    stream.advance(Duration.ofMinutes(1));
    down.set(false);
    stream.advance(Duration.ofMinutes(2));

    assertThat(stream.stateOf("k", String.class)).contains("ab");
    assertThat(stream.stateOf("new", String.class)).contains("c");
    assertThat(stream.deadLetters()).isEmpty();
  }
}
