package io.headrace.local.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.headrace.local.VirtualClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TagsTest {
  private static final StreamKey ORDERS = new StreamKey("000000000000", "us-east-1", "orders");
  private static final Resource RESOURCE = new Resource.OfStream(ORDERS);
  private static final String INVALID_CHARACTERS =
      "Some tags contain invalid characters. Valid characters: "
          + "Unicode letters, digits, white space, _ . / = + - % @ :.";

  private final VirtualClock clock = new VirtualClock();
  private final Engine engine =
      new Engine(clock, new EngineSettings(64L << 20, 100, Duration.ofSeconds(10)));

  @BeforeEach
  void create() {
    engine.createStream(ORDERS, StreamMode.PROVISIONED, 1);
    clock.advance(Duration.ofSeconds(10));
  }

  @Test
  void a_tag_replaces_the_one_of_its_key_and_the_others_stay() {
    engine.addTags(RESOURCE, Map.of("team", "a", "stage", "test"));
    engine.addTags(RESOURCE, Map.of("team", "b"));

    assertThat(engine.tags(RESOURCE))
        .containsExactly(Map.entry("stage", "test"), Map.entry("team", "b"));
  }

  @Test
  void a_key_that_no_tag_has_is_passed_over_when_tags_are_removed() {
    engine.addTags(RESOURCE, Map.of("team", "a", "stage", "test"));

    engine.removeTags(RESOURCE, List.of("team", "colour"));

    assertThat(engine.tags(RESOURCE)).containsOnlyKeys("stage");
  }

  @ParameterizedTest
  @ValueSource(strings = {"abc;def", "abc\tdef", "abc\ndef", "abc,def", "\uD83D\uDE00"})
  void characters_that_are_not_allowed_are_refused_in_keys_and_values(String text) {
    for (Map<String, String> tags : List.of(Map.of(text, "a"), Map.of("a", text))) {
      assertThatThrownBy(() -> engine.addTags(RESOURCE, tags))
          .asInstanceOf(type(KinesisError.class))
          .returns("InvalidArgumentException", KinesisError::code)
          .returns(INVALID_CHARACTERS, KinesisError::getMessage);
    }
    assertThatThrownBy(() -> engine.removeTags(RESOURCE, List.of(text)))
        .hasMessage(INVALID_CHARACTERS);
    assertThat(engine.tags(RESOURCE)).isEmpty();
  }

  @Test
  void a_percent_sign_is_refused_in_words_of_its_own() {
    String why =
        " because some tags contained illegal characters. The allowed characters are "
            + "Unicode letters, white-spaces, '_',',','/','=','+','-','@',':'.";

    assertThatThrownBy(() -> engine.addTags(RESOURCE, Map.of("a%", "b")))
        .hasMessage("Failed to add tags to stream orders under account 000000000000" + why);
    assertThatThrownBy(() -> engine.removeTags(RESOURCE, List.of("a%")))
        .hasMessage("Failed to remove tags from stream orders under account 000000000000" + why);
  }

  @Test
  void letters_of_any_script_and_the_signs_of_the_service_are_allowed() {
    engine.addTags(RESOURCE, Map.of("ü0 _.", "/=+-@:", "名前", ""));

    assertThat(engine.tags(RESOURCE)).hasSize(2).containsEntry("名前", "");
  }

  @Test
  void a_stream_has_fifty_tags_and_not_one_more() {
    Map<String, String> fifty = new TreeMap<>();
    for (int i = 0; i < 50; i++) {
      fifty.put("key" + i, "");
    }
    engine.addTags(RESOURCE, fifty);
    engine.addTags(RESOURCE, Map.of("key7", "again"));

    assertThatThrownBy(() -> engine.addTags(RESOURCE, Map.of("more", "")))
        .hasMessage(
            "Failed to add tags to stream orders under account 000000000000 because a given stream"
                + " cannot have more than 50 tags associated with it.");
    assertThat(engine.tags(RESOURCE)).hasSize(50);
  }

  @ParameterizedTest
  @ValueSource(strings = {"aws:name", "AWS:name"})
  void keys_that_the_service_keeps_for_itself_are_refused(String key) {
    assertThatThrownBy(() -> engine.addTags(RESOURCE, Map.of(key, "")))
        .hasMessage(
            "Failed to add tags to stream orders under account 000000000000 because the tag key "
                + key
                + " begins with aws:, which is reserved.");
  }

  @Test
  void a_stream_comes_with_its_tags_which_cannot_change_before_it_is_active() {
    StreamKey bills = new StreamKey("000000000000", "us-east-1", "bills");
    Labels labels = Labels.ofTags(Map.of("team", "a"));
    engine.createStream(new NewStream(bills, StreamOptions.of(StreamMode.PROVISIONED), 1, labels));

    Resource resource = new Resource.OfStream(bills);
    assertThat(engine.tags(resource)).containsExactly(Map.entry("team", "a"));
    assertThatThrownBy(() -> engine.addTags(resource, Map.of("team", "b")))
        .asInstanceOf(type(KinesisError.class))
        .returns("ResourceInUseException", KinesisError::code)
        .returns(
            "Stream bills under account 000000000000 not ACTIVE, instead in state CREATING",
            KinesisError::getMessage);
  }
}
