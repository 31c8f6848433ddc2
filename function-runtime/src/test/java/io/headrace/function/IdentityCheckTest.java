package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.FunctionItem;
import io.headrace.kcl.StartingPosition;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Functions as they are stored, and as they are given. */
class IdentityCheckTest {
  private static FunctionSpec.Keyed<String, String> keyed(String name) {
    return FunctionSpec.named(name).reading(Rig.input()).keyedBy(Keys.partitionKey(), new Texts());
  }

  private static FunctionSpec<String, String> spec(FunctionSpec.Keyed<String, String> keyed) {
    return keyed.handledBy(KeyedHandlerTest.Appending::new, Destination.nowhere());
  }

  private static FunctionItem stored(FunctionSpec<?, ?> spec, String... successor) {
    return item(spec.name(), FunctionShape.of(spec).words(), successor);
  }

  private static FunctionItem item(String name, Map<String, String> shape, String... successor) {
    return new FunctionItem(
        name,
        Optional.of(StartingPosition.TRIM_HORIZON),
        shape,
        List.of(successor).stream().findFirst());
  }

  private static List<String> refusals(FunctionItem stored, FunctionSpec<?, ?>... specs) {
    return new IdentityCheck("app", List.of(specs), List.of(stored)).refusals();
  }

  @Test
  void what_an_older_version_stored_says_nothing_and_refuses_nothing() {
    var old = item("old", Map.of());

    assertThat(refusals(old, spec(keyed("old")))).isEmpty();
    assertThat(refusals(old, spec(keyed("new")))).isEmpty();
    assertThat(refusals(old, spec(keyed("new").migratesFrom("old")))).isEmpty();
  }

  @Test
  void what_a_newer_version_stored_beside_is_kept_and_what_is_gone_is_not() {
    var stored = Map.of("keyed anew", "twice", FunctionShape.SHADOW, "true");

    var next = FunctionShape.of(spec(keyed("sums"))).over(new FunctionShape(stored));

    assertThat(next.words()).containsEntry("keyed anew", "twice");
    assertThat(next.words()).doesNotContainKey(FunctionShape.SHADOW);
  }

  @Test
  void a_name_that_was_given_up_does_not_run_beside_its_successor() {
    var old = spec(keyed("old"));

    assertThat(refusals(stored(old, "new"), old, spec(keyed("new"))))
        .singleElement()
        .asString()
        .contains("function old", "new took over what it had, and runs here, too");
    assertThat(refusals(stored(old, "new"), old)).as("a deployment that is taken back").isEmpty();
  }

  @Test
  void a_name_that_somebody_else_took_over_is_named_with_it() {
    var old = stored(spec(keyed("old")), "middle");

    assertThat(refusals(old, spec(keyed("new").migratesFrom("old"))))
        .singleElement()
        .asString()
        .contains("say migratesFrom(\"middle\", \"old\")");
    assertThat(refusals(old, spec(keyed("new").migratesFrom("middle", "old")))).isEmpty();
  }

  @Test
  void what_was_a_shadow_is_nobodys_former_name() {
    var shadow = stored(spec(keyed("shadow").shadow(Path.of("out"))));

    assertThat(refusals(shadow, spec(keyed("new")))).isEmpty();
    assertThat(refusals(stored(spec(keyed("old"))), spec(keyed("new").shadow(Path.of("out")))))
        .isEmpty();
  }

  @Test
  void of_functions_without_state_a_new_name_is_not_asked_about() {
    var plain =
        FunctionSpec.named("new")
            .reading(Rig.input())
            .<String>handledBy(() -> (event, out) -> {}, Destination.nowhere());

    assertThat(refusals(stored(spec(keyed("old"))), plain)).isEmpty();
  }

  @Test
  void state_that_a_function_without_any_would_forget_is_not_taken_over() {
    var plain =
        FunctionSpec.named("new")
            .reading(Rig.input())
            .migratesFrom("old")
            .<String>handledBy(() -> (event, out) -> {}, Destination.nowhere());

    assertThat(refusals(stored(spec(keyed("old"))), plain))
        .singleElement()
        .asString()
        .contains("kind: stored \"keyed\", given \"without state\"");
  }
}
