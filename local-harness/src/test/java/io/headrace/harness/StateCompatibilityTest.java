package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateCompatibilityTest {
  record Card(String number, long cents) {}

  record CardWithCurrency(String number, long cents, String currency) {}

  private static final Card CARD = new Card("4711", 250);
  private static final CardWithCurrency EUROS = new CardWithCurrency("4711", 250, "EUR");

  @TempDir Path folder;

  private final Json<Card> first = Json.of(Card.class);
  private final Json<CardWithCurrency> second =
      Json.of(CardWithCurrency.class)
          .version(2)
          .upgrading(1, card -> card.put("currency", "EUR"))
          .downgrading(
              2,
              card -> {
                card.remove("currency");
                return card;
              });

  @Test
  void a_codec_that_still_reads_and_writes_the_same_passes() throws IOException {
    keep("v1/usual", "{\"number\":\"4711\",\"cents\":250}");

    StateCompatibility.of(first, folder).sample("usual", CARD).check();
  }

  @Test
  void a_new_version_passes_that_reads_the_files_of_the_old_one() throws IOException {
    keep("v1/usual", "{\"number\":\"4711\",\"cents\":250}");
    keep("v2/usual", "{\"number\":\"4711\",\"cents\":250,\"currency\":\"EUR\"}");

    StateCompatibility.of(second, folder)
        .sample("usual", EUROS)
        .upgraded(1, "usual", EUROS)
        .check();
  }

  @Test
  void a_missing_file_is_named_and_written_only_on_request() {
    var compatibility = StateCompatibility.of(first, folder).sample("usual", CARD);
    assertThatThrownBy(compatibility::check)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("usual: is missing; -Dheadrace.state.write=true writes it");
    assertThat(folder.resolve("v1")).doesNotExist();

    System.setProperty(StateCompatibility.WRITE, "true");
    try {
      compatibility.check();
    } finally {
      System.clearProperty(StateCompatibility.WRITE);
    }
    assertThat(folder.resolve("v1/usual")).hasContent("{\"number\":\"4711\",\"cents\":250}");
    compatibility.check();
  }

  @Test
  void what_is_written_otherwise_under_the_same_version_is_found() throws IOException {
    keep("v1/usual", "{\"cents\":250,\"number\":\"4711\"}");

    assertThatThrownBy(() -> StateCompatibility.of(first, folder).sample("usual", CARD).check())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("version 1 is written otherwise")
        .hasMessageContaining("raise the version");
  }

  @Test
  void what_an_upgrade_makes_is_compared() throws IOException {
    keep("v1/usual", "{\"number\":\"4711\",\"cents\":250}");
    keep("v2/usual", "{\"number\":\"4711\",\"cents\":250,\"currency\":\"EUR\"}");

    assertThatThrownBy(
            () ->
                StateCompatibility.of(second, folder)
                    .sample("usual", EUROS)
                    .upgraded(1, "usual", new CardWithCurrency("4711", 250, "USD"))
                    .check())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("currency=EUR")
        .hasMessageContaining(
            "and has to be <CardWithCurrency[number=4711, cents=250, currency=USD]>");
  }

  @Test
  void a_field_that_was_renamed_without_a_step_is_named_with_its_file() throws IOException {
    keep("v1/usual", "{\"id\":\"4711\",\"cents\":250}");
    keep("v2/usual", "{\"number\":\"4711\",\"cents\":250,\"currency\":\"EUR\"}");

    assertThatThrownBy(() -> StateCompatibility.of(second, folder).sample("usual", EUROS).check())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("usual: the codec, of version 2, can't read version 1: ")
        .hasMessageContaining("field number: is missing");
  }

  @Test
  void a_file_that_upgraded_names_has_to_be_there() throws IOException {
    keep("v2/usual", "{\"number\":\"4711\",\"cents\":250,\"currency\":\"EUR\"}");

    assertThatThrownBy(
            () ->
                StateCompatibility.of(second, folder)
                    .sample("usual", EUROS)
                    .upgraded(1, "usual", EUROS)
                    .check())
        .hasMessageContaining("is missing, and upgraded() names it");
  }

  @Test
  void a_newer_versions_folder_and_a_strangers_are_refused() throws IOException {
    keep("v1/usual", "{\"number\":\"4711\",\"cents\":250}");
    var compatibility = StateCompatibility.of(first, folder).sample("usual", CARD);
    keep("v2/usual", "{}");
    assertThatThrownBy(compatibility::check)
        .hasMessageContaining("v2: a newer version wrote it than the codec's, 1");
    Files.delete(folder.resolve("v2/usual"));
    Files.move(folder.resolve("v2"), folder.resolve("other"));
    assertThatThrownBy(compatibility::check)
        .hasMessageContaining("other: is none of this folder's");
  }

  @Test
  void a_name_that_is_no_file_name_is_refused() {
    assertThatThrownBy(() -> StateCompatibility.of(first, folder).sample("../usual", CARD))
        .hasMessageContaining("name \"../usual\"");
    assertThatThrownBy(() -> StateCompatibility.of(first, folder).check())
        .hasMessageContaining("there is nothing to check");
  }

  private void keep(String file, String content) throws IOException {
    var path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, content);
  }
}
