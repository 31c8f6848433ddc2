package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.Codec;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Two versions of a function's state, alive at the same time. */
class RollingVersionsTest {
  record Total(long cents) {}

  record TotalInCurrency(long minor, String currency) {}

  private static final Json<TotalInCurrency> SECOND =
      Json.of(TotalInCurrency.class)
          .version(2)
          .upgrading(
              1,
              total -> {
                total.set("minor", total.remove("cents"));
                return total.put("currency", "EUR");
              })
          .downgrading(
              2,
              total -> {
                total.remove("currency");
                total.set("cents", total.remove("minor"));
                return total;
              });

  static final class Adding implements KeyedFunction<Long, Total, String> {
    @Override
    public Total initial(String key) {
      return new Total(0);
    }

    @Override
    public Next<Total> handle(Total total, Event<Long> event, Output<String> out) {
      return Next.state(new Total(total.cents() + event.value()));
    }
  }

  static final class AddingInCurrency implements KeyedFunction<Long, TotalInCurrency, String> {
    @Override
    public TotalInCurrency initial(String key) {
      return new TotalInCurrency(0, "EUR");
    }

    @Override
    public Next<TotalInCurrency> handle(
        TotalInCurrency total, Event<Long> event, Output<String> out) {
      return Next.state(new TotalInCurrency(total.minor() + event.value(), total.currency()));
    }
  }

  private static FunctionSpec.Reading<Long> reading() {
    Codec<Long> numbers =
        new Codec<>() {
          @Override
          public Long decode(byte[] bytes, int version) {
            return Long.valueOf(new String(bytes, StandardCharsets.UTF_8));
          }

          @Override
          public byte[] encode(Long value) {
            return value.toString().getBytes(StandardCharsets.UTF_8);
          }
        };
    return FunctionSpec.named("totals").reading(Input.of(StreamSource.kinesis("in"), numbers));
  }

  private static FunctionSpec<Long, String> first() {
    return reading()
        .keyedBy(Keys.partitionKey(), Json.of(Total.class))
        .handledBy(Adding::new, Destination.nowhere());
  }

  private static FunctionSpec<Long, String> second(Json<TotalInCurrency> codec) {
    return reading()
        .keyedBy(Keys.partitionKey(), codec)
        .handledBy(AddingInCurrency::new, Destination.nowhere());
  }

  private final RollingFleet fleet = new RollingFleet();

  private long sum(FunctionRuntime.Running worker) {
    fleet.loop.advance(Duration.ofSeconds(20));
    return worker.states("totals").stream()
        .mapToLong(
            state ->
                state.value() instanceof Total total
                    ? total.cents()
                    : ((TotalInCurrency) state.value()).minor())
        .sum();
  }

  @Test
  void a_roll_forward_half_way_back_and_forward_loses_nothing() {
    var one = fleet.start("a", "v1", first());
    var other = fleet.start("b", "v1", first());
    fleet.underLoad(Duration.ofSeconds(30));

    var two = fleet.start("c", "v2", second(SECOND));
    fleet.underLoad(Duration.ofSeconds(10));
    fleet.stop(other);
    fleet.underLoad(Duration.ofSeconds(30));
    assertThat(two.states("totals")).as("the new version has shards").isNotEmpty();
    assertThat(one.states("totals")).as("the old one, too").isNotEmpty();

    fleet.stop(two);
    fleet.underLoad(Duration.ofSeconds(30));
    assertThat(sum(one)).as("the old one reads what the new one wrote").isEqualTo(fleet.puts());

    two = fleet.start("d", "v2", second(SECOND));
    fleet.underLoad(Duration.ofSeconds(30));
    fleet.stop(one);
    fleet.underLoad(Duration.ofSeconds(30));
    assertThat(sum(two)).isEqualTo(fleet.puts());
    assertThat(fleet.trouble).isEmpty();
    fleet.stop(two);
  }

  @Test
  void what_only_the_new_version_can_read_stays_with_it() {
    var one = fleet.start("a", "v1", first());
    fleet.underLoad(Duration.ofSeconds(30));
    var oneWay =
        second(
            Json.of(TotalInCurrency.class)
                .version(2)
                .upgrading(
                    1,
                    total -> {
                      total.set("minor", total.remove("cents"));
                      return total.put("currency", "EUR");
                    }));
    var two = fleet.start("b", "v2", oneWay);
    fleet.underLoad(Duration.ofSeconds(60));
    fleet.stop(one);
    fleet.underLoad(Duration.ofSeconds(30));

    var back = fleet.start("c", "v1", first());
    fleet.underLoad(Duration.ofSeconds(60));

    assertThat(back.states("totals")).as("a roll back finds state that it can't read").isEmpty();
    assertThat(sum(two)).isEqualTo(fleet.puts());
    assertThat(fleet.trouble).isEmpty();
    fleet.stop(back);
    fleet.stop(two);
  }
}
