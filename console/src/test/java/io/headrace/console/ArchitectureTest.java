package io.headrace.console;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What Maven's module graph can't hold: finer arrows, fences around libraries, one seam for time.
 */
@AnalyzeClasses(
    packages = "io.headrace",
    importOptions = {ImportOption.DoNotIncludeTests.class})
class ArchitectureTest {
  private static final String OURS = "io.headrace..";

  @ArchTest
  static final ArchRule core_knows_nothing_above_it =
      only("io.headrace.kcl..", "io.headrace.kcl..");

  @ArchTest
  static final ArchRule checkpoints_do_not_know_leases =
      only("io.headrace.checkpoint..", "io.headrace.kcl..", "io.headrace.checkpoint..");

  @ArchTest
  static final ArchRule leases_do_not_know_checkpoints =
      only("io.headrace.lease..", "io.headrace.kcl..", "io.headrace.lease..");

  @ArchTest
  static final ArchRule functions_stand_on_core_checkpoints_and_leases =
      only(
          "io.headrace.function..",
          "io.headrace.kcl..",
          "io.headrace.checkpoint..",
          "io.headrace.lease..",
          "io.headrace.function..");

  @ArchTest
  static final ArchRule local_kinesis_uses_nothing_of_ours =
      only("io.headrace.local..", "io.headrace.local..");

  @ArchTest
  static final ArchRule nothing_depends_on_the_console =
      noClasses()
          .that(resideOutsideOfPackages("io.headrace.console.."))
          .should()
          .dependOnClassesThat(resideInAnyPackage("io.headrace.console.."));

  @ArchTest
  static final ArchRule the_aws_sdk_is_fenced =
      fenced(
          "software.amazon.awssdk..",
          "io.headrace.kcl.kinesis",
          "io.headrace.checkpoint.dynamo",
          "io.headrace.checkpoint.kcl",
          "io.headrace.lease.dynamo",
          "io.headrace.function.aws",
          "io.headrace.harness");

  @ArchTest
  static final ArchRule jackson_is_fenced =
      fenced(
          "com.fasterxml.jackson..",
          "io.headrace.function.json",
          "io.headrace.function.settings",
          "io.headrace.function.filter",
          "io.headrace.function.lambda",
          "io.headrace.local.protocol",
          "io.headrace.local.store",
          "io.headrace.console");

  @ArchTest
  static final ArchRule micrometer_is_fenced =
      fenced("io.micrometer..", "io.headrace.function.metrics");

  @ArchTest
  static final ArchRule guice_is_fenced =
      fenced("com.google.inject..", "io.headrace.function.guice", "io.headrace.console");

  @ArchTest
  static final ArchRule the_event_ruler_is_fenced =
      fenced("software.amazon.event.ruler..", "io.headrace.function.filter");

  @ArchTest
  static final ArchRule lambdas_classes_are_fenced =
      fenced("com.amazonaws.services.lambda..", "io.headrace.function.lambda");

  /** What a function author sees knows none of the fences: services are looked up. */
  @ArchTest
  static final ArchRule specifications_know_neither_filters_nor_lambda =
      noClasses()
          .that()
          .resideInAPackage("io.headrace.function")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.headrace.function.filter", "io.headrace.function.lambda");

  @ArchTest
  static final ArchRule caffeine_is_fenced =
      fenced("com.github.benmanes.caffeine..", "io.headrace.checkpoint.state");

  /** Who makes AWS clients gives them threads that end at once; the SDK's own take two seconds. */
  @ArchTest
  static final ArchRule netty_is_fenced =
      fenced(
          "io.netty..",
          "io.headrace.local.transport",
          "io.headrace.harness",
          "io.headrace.function.aws");

  @ArchTest static final ArchRule picocli_is_fenced = fenced("picocli..", "io.headrace.console");

  @ArchTest
  static final ArchRule nobody_reads_a_clock_sleeps_or_starts_a_thread_outside_the_loop =
      classes()
          .that()
          .resideInAPackage(OURS)
          .and()
          .resideOutsideOfPackages(
              "io.headrace.kcl.loop..",
              // A server on its own: its clock comes in as InstantSource, its threads are Netty's.
              "io.headrace.local..")
          .should(keepToTheLoop());

  private static ArchRule only(String from, String... to) {
    return classes()
        .that()
        .resideInAPackage(from)
        .should()
        .onlyDependOnClassesThat(resideOutsideOfPackages(OURS).or(resideInAnyPackage(to)))
        .allowEmptyShould(true);
  }

  private static ArchRule fenced(String library, String... inside) {
    return noClasses()
        .that()
        .resideInAPackage(OURS)
        .and()
        .resideOutsideOfPackages(inside)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library);
  }

  /** Calls that are banned, each with what to use in its place. */
  private static final Map<String, String> BANNED = new LinkedHashMap<>();

  static {
    BANNED.put("java.lang.System.nanoTime", "EventLoop.ticks()");
    BANNED.put("java.lang.System.currentTimeMillis", "EventLoop.now()");
    BANNED.put("java.time.Instant.now", "EventLoop.now()");
    BANNED.put("java.time.LocalDateTime.now", "EventLoop.now()");
    BANNED.put("java.time.LocalDate.now", "EventLoop.now()");
    BANNED.put("java.time.ZonedDateTime.now", "EventLoop.now()");
    BANNED.put("java.time.Clock.system", "EventLoop.now()");
    BANNED.put("java.time.InstantSource.system", "EventLoop.now()");
    BANNED.put("java.lang.Thread.sleep", "EventLoop.schedule(…)");
    BANNED.put("java.lang.Thread.<init>", "ThreadedLoop or BoundedPool");
    BANNED.put("java.util.Timer.<init>", "EventLoop.schedule(…)");
    BANNED.put("java.util.concurrent.Executors.new", "ThreadedLoop or BoundedPool");
    BANNED.put("java.util.concurrent.ThreadPoolExecutor.<init>", "BoundedPool");
    BANNED.put("java.util.concurrent.ForkJoinPool", "BoundedPool");
    BANNED.put("java.util.concurrent.CompletableFuture.supplyAsync", "an executor of kcl.loop");
    BANNED.put("java.util.concurrent.CompletableFuture.runAsync", "an executor of kcl.loop");
    BANNED.put("java.util.concurrent.CompletableFuture.delayedExecutor", "EventLoop.schedule(…)");
    BANNED.put("java.util.concurrent.CompletableFuture.orTimeout", "EventLoop.schedule(…)");
    BANNED.put("java.util.concurrent.CompletableFuture.completeOnTimeout", "EventLoop.schedule(…)");
    BANNED.put("java.util.Random.<init>", "the RandomGenerator of the constructor");
    BANNED.put("java.lang.Math.random", "the RandomGenerator of the constructor");
    BANNED.put("java.util.UUID.randomUUID", "the RandomGenerator of the constructor");
    BANNED.put("java.util.concurrent.ThreadLocalRandom", "the RandomGenerator of the constructor");
    BANNED.put("java.security.SecureRandom.<init>", "the RandomGenerator of the constructor");
    // What these are gone through in is drawn anew by each JVM, and a seed tells nothing then.
    BANNED.put("java.util.Map.copyOf", "StableCopy.of(…)");
    BANNED.put("java.util.Set.copyOf", "StableCopy.of(…)");
    BANNED.put("java.util.stream.Collectors.toUnmodifiableSet", "StableCopy.of(…)");
    BANNED.put("java.util.stream.Collectors.toUnmodifiableMap", "StableCopy.of(…)");
  }

  private static ArchCondition<JavaClass> keepToTheLoop() {
    return new ArchCondition<>("leave time, threads and chance to io.headrace.kcl.loop") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        for (JavaCodeUnitAccess<?> call : type.getCodeUnitAccessesFromSelf()) {
          var target = call.getTarget().getOwner().getFullName() + "." + call.getTarget().getName();
          BANNED.forEach(
              (banned, instead) -> {
                if (target.startsWith(banned)) {
                  events.add(
                      SimpleConditionEvent.violated(
                          call, call.getDescription() + ": use " + instead));
                }
              });
        }
      }
    };
  }
}
