package io.headrace.function.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JsonTest {
  record Reading(String host, double cpu, Instant at) {}

  record Rich(Optional<String> note, LocalDate day, Duration span, List<Reading> readings) {}

  record Loose(@Nullable String note, int n) {}

  record Positive(int n) {
    Positive {
      if (n < 0) {
        throw new IllegalArgumentException("n " + n);
      }
    }
  }

  private final Json<Reading> json = Json.of(Reading.class);

  @Test
  void what_was_written_is_read_back() {
    var value =
        new Rich(
            Optional.of("x"),
            LocalDate.of(2008, 1, 3),
            Duration.ofMinutes(5),
            List.of(new Reading("web-1", 0.5, Instant.parse("2026-01-01T00:00:00.123456789Z"))));
    var codec = Json.of(Rich.class);

    assertThat(codec.decode(codec.encode(value), 1)).isEqualTo(value);
    assertThat(new String(codec.encode(value), UTF_8)).contains("2026-01-01T00:00:00.123456789Z");
  }

  @Test
  void an_unknown_field_is_let_through() {
    assertThat(
            decode("{\"host\":\"a\",\"cpu\":1,\"at\":\"2026-01-01T00:00:00Z\",\"rack\":7}").host())
        .isEqualTo("a");
  }

  @Test
  void a_missing_field_is_named() {
    assertThatThrownBy(() -> decode("{\"cpu\":1,\"at\":\"2026-01-01T00:00:00Z\"}"))
        .hasMessage("Reading, field host: is missing");
  }

  @Test
  void a_missing_primitive_is_named() {
    assertThatThrownBy(() -> decode("{\"host\":\"a\",\"at\":\"2026-01-01T00:00:00Z\"}"))
        .hasMessage("Reading, field cpu: is missing");
  }

  @Test
  void a_null_is_refused_and_named() {
    assertThatThrownBy(() -> decode("{\"host\":null,\"cpu\":1,\"at\":\"2026-01-01T00:00:00Z\"}"))
        .hasMessage("Reading, field host: is null");
    assertThatThrownBy(
            () -> decode("{\"host\":\"a\",\"cpu\":null,\"at\":\"2026-01-01T00:00:00Z\"}"))
        .hasMessageStartingWith("Reading, field cpu: is n");
  }

  @Test
  void a_field_of_a_nested_record_is_named_with_its_path() {
    assertThatThrownBy(
            () ->
                Json.of(Rich.class)
                    .decode(
                        "{\"day\":\"2008-01-03\",\"span\":\"PT5M\",\"readings\":[{\"host\":\"a\"}]}"
                            .getBytes(UTF_8),
                        1))
        .hasMessageContaining("field readings.0.cpu: is missing");
  }

  @Test
  void an_optional_may_be_missing_or_null() {
    var rest = "\"day\":\"2008-01-03\",\"span\":\"PT5M\",\"readings\":[]}";
    assertThat(Json.of(Rich.class).decode(("{" + rest).getBytes(UTF_8), 1).note()).isEmpty();
    assertThat(Json.of(Rich.class).decode(("{\"note\":null," + rest).getBytes(UTF_8), 1).note())
        .isEmpty();
  }

  @Test
  void a_nullable_component_may_be_missing_or_null() {
    assertThat(Json.of(Loose.class).decode("{\"n\":1}".getBytes(UTF_8), 1).note()).isNull();
    assertThat(Json.of(Loose.class).decode("{\"n\":1,\"note\":null}".getBytes(UTF_8), 1).note())
        .isNull();
  }

  @Test
  void an_error_never_quotes_the_payload() {
    for (var bad :
        List.of(
            "secret",
            "{\"host\":\"secret\",\"cpu\":\"secret\",\"at\":\"secret\"}",
            "{\"host\":\"a\",\"cpu\":1,\"at\":\"secret\"}",
            "{\"host\":{\"secret\":1},\"cpu\":1,\"at\":\"secret\"}",
            "[\"secret\"]",
            "\"secret\"",
            "{\"host\":\"secret",
            "")) {
      assertThatThrownBy(() -> decode(bad))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("Reading")
          .hasMessageNotContaining("secret")
          .hasNoCause();
    }
    assertThatThrownBy(() -> Json.of(Positive.class).decode("{\"n\":-77}".getBytes(UTF_8), 1))
        .hasMessageNotContaining("77");
  }

  @Test
  void null_and_trailing_text_are_no_values() {
    assertThatThrownBy(() -> decode("null")).hasMessage("Reading: is null");
    assertThatThrownBy(() -> decode("{\"host\":\"a\",\"cpu\":1,\"at\":\"2026-01-01T00:00:00Z\"} x"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  record Ledger(Map<String, Reading> byCard, Map<String, Object> loose) {}

  @Test
  void the_keys_of_a_map_are_payload_and_in_no_error() {
    var codec = Json.of(Ledger.class);
    var unread = "{\"byCard\":{\"4111-1111\":{\"host\":\"a\"}},\"loose\":{}}".getBytes(UTF_8);
    assertThatThrownBy(() -> codec.decode(unread, 1))
        .hasMessageContaining("field byCard.(key).cpu: is missing")
        .hasMessageNotContaining("4111");
    var unwritable = new Ledger(Map.of(), Map.of("4111-1111", new Object()));
    assertThatThrownBy(() -> codec.encode(unwritable))
        .hasMessageContaining("field loose.(key)")
        .hasMessageNotContaining("4111");
  }

  @Test
  void a_wrong_type_is_named_with_its_field() {
    assertThatThrownBy(
            () -> decode("{\"host\":\"a\",\"cpu\":\"much\",\"at\":\"2026-01-01T00:00:00Z\"}"))
        .hasMessage("Reading, field cpu: is not a double");
  }

  @Test
  void the_users_mapper_is_used_as_it_is() {
    var mapper = new ObjectMapper();
    assertThat(Json.of(Positive.class, mapper).decode("{}".getBytes(UTF_8), 1).n()).isZero();
  }

  @Test
  void another_version_is_refused() {
    assertThatThrownBy(() -> json.decode("{}".getBytes(UTF_8), 2))
        .hasMessageContaining("version 2");
  }

  private Reading decode(String text) {
    return json.decode(text.getBytes(UTF_8), 1);
  }

  record CardOfYesterday(String number, long cents) {}

  record Card(String number, long minor, String currency) {}

  private static final Json<Card> CARD =
      Json.of(Card.class)
          .version(3)
          .upgrading(
              1,
              card -> {
                card.set("minor", card.remove("cents"));
                return card;
              })
          .upgrading(2, card -> card.put("currency", "EUR"))
          .downgrading(
              3,
              card -> {
                card.remove("currency");
                return card;
              })
          .downgrading(
              2,
              card -> {
                card.set("cents", card.remove("minor"));
                return card;
              });

  @Test
  void what_an_older_version_wrote_is_read_step_by_step() {
    byte[] old = Json.of(CardOfYesterday.class).encode(new CardOfYesterday("4711", 250));

    assertThat(CARD.decode(old, 1)).isEqualTo(new Card("4711", 250, "EUR"));
    assertThat(CARD.decode("{\"number\":\"1\",\"minor\":2}".getBytes(UTF_8), 2))
        .isEqualTo(new Card("1", 2, "EUR"));
  }

  @Test
  void what_an_older_version_reads_can_be_written() {
    byte[] old = CARD.encode(new Card("4711", 250, "EUR"), 1);

    assertThat(CARD.oldestWritten()).isEqualTo(1);
    assertThat(Json.of(CardOfYesterday.class).decode(old, 1))
        .isEqualTo(new CardOfYesterday("4711", 250));
    assertThat(CARD.decode(old, 1)).isEqualTo(new Card("4711", 250, "EUR"));
  }

  record Account(BigDecimal balance, BigDecimal rate) {}

  @Test
  void amounts_keep_every_digit_on_their_way_up_and_down() {
    var account = new Account(new BigDecimal("12345678901234567890.10"), new BigDecimal("5.00"));
    var codec =
        Json.of(Account.class).version(2).upgrading(1, old -> old).downgrading(2, now -> now);

    assertThat(codec.decode(codec.encode(account), 1)).isEqualTo(account);
    assertThat(codec.encode(account, 1)).isEqualTo(codec.encode(account));
  }

  @Test
  void a_newer_version_is_refused_by_name() {
    assertThatThrownBy(() -> CARD.decode("{}".getBytes(UTF_8), 4))
        .hasMessage("Card of version 4: a newer program wrote it, this one reads up to 3");
    assertThatThrownBy(() -> CARD.encode(new Card("1", 2, "EUR"), 4))
        .hasMessageStartingWith("Card of version 4: this codec writes versions 1 to 3");
  }

  @Test
  void a_missing_step_is_named() {
    var gap = Json.of(Card.class).version(3).upgrading(1, card -> card);

    assertThatThrownBy(() -> gap.decode("{}".getBytes(UTF_8), 1))
        .hasMessage("Card of version 2: there is no upgrading(2, ...) to read it with");
    assertThat(gap.oldestWritten()).isEqualTo(3);
    assertThatThrownBy(() -> gap.encode(new Card("1", 2, "EUR"), 2))
        .hasMessageContaining("writes versions 3 to 3");
    assertThatThrownBy(() -> gap.upgrading(1, card -> card))
        .hasMessage("Card: upgrading(1, ...) is there already");
  }

  @Test
  void a_field_that_no_step_makes_is_named_with_the_version_that_lacks_it() {
    var forgetful = Json.of(Card.class).version(2).upgrading(1, card -> card);

    assertThatThrownBy(() -> forgetful.decode("{\"number\":\"1\",\"minor\":2}".getBytes(UTF_8), 1))
        .hasMessage("Card of version 1, field currency: is missing");
  }

  @Test
  void what_a_step_throws_never_shows_the_payload() {
    var wrong =
        Json.of(Card.class)
            .version(2)
            .upgrading(
                1,
                card -> {
                  throw new IllegalStateException("secret " + card);
                });

    assertThatThrownBy(() -> wrong.decode("{\"number\":\"1234\"}".getBytes(UTF_8), 1))
        .hasMessage("Card of version 1: upgrading it failed with java.lang.IllegalStateException")
        .hasNoCause();
    assertThatThrownBy(() -> wrong.decode("[1]".getBytes(UTF_8), 1))
        .hasMessage("Card of version 1: is no JSON object, and upgrading takes only those");
  }
}
