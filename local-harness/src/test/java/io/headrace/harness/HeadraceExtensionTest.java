package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.headrace.kcl.StreamSource;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

@Timeout(60)
class HeadraceExtensionTest {
  @RegisterExtension
  static final HeadraceExtension HEADRACE =
      HeadraceExtension.withStream("orders", 2).andStream("payments", 1);

  private static LocalAws seenByTheClass;

  @Test
  void the_streams_are_there_and_take_records(KinesisAsyncClient kinesis) {
    seenByTheClass = HEADRACE.aws();
    var shards = kinesis.listShards(list -> list.streamName("orders")).join().shards();
    var put =
        kinesis
            .putRecord(
                record ->
                    record
                        .streamName("payments")
                        .partitionKey("card-1")
                        .data(SdkBytes.fromUtf8String("{}")))
            .join();

    assertThat(shards).hasSize(2);
    assertThat(put.shardId()).isEqualTo("shardId-000000000000");
  }

  @Test
  void the_table_service_answers(DynamoDbAsyncClient dynamoDb, LocalAws aws) {
    assertThat(dynamoDb.listTables().join().tableNames()).isEmpty();
    assertThat(aws.dynamoDb()).isSameAs(dynamoDb);
  }

  @Nested
  class NestedTests {
    @Test
    void share_the_servers_of_the_class(LocalAws aws) {
      assertThat(aws).isSameAs(HEADRACE.aws());
      if (seenByTheClass != null) {
        assertThat(aws).isSameAs(seenByTheClass);
      }
    }
  }

  @Test
  void a_stream_named_twice_is_refused_where_it_is_written() {
    var one = HeadraceExtension.withStream("orders", 1);

    assertThatThrownBy(() -> one.andStream("orders", 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("stream orders: named twice");
  }

  @Test
  void an_extension_that_was_not_registered_says_so() {
    assertThatThrownBy(() -> HeadraceExtension.withoutStreams().aws())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("@RegisterExtension");
  }

  private static final String ASKED = "io.headrace.harness.fixtures";

  @ExtendWith(OnlyWhenAsked.class)
  static final class AsksForTheStream {
    static StreamSource seen;

    @RegisterExtension
    static final HeadraceExtension ONE_STREAM = HeadraceExtension.withStream("only", 1);

    @Test
    void of_the_extension(StreamSource stream) {
      seen = stream;
    }
  }

  @Test
  void a_test_is_given_the_one_stream_of_its_extension() {
    var summary = run(AsksForTheStream.class);

    assertThat(summary.getTestsSucceededCount()).isEqualTo(1);
    assertThat(AsksForTheStream.seen).isEqualTo(StreamSource.kinesis("only"));
  }

  /** Keeps the fixtures below from running but by {@link #run}. */
  static final class OnlyWhenAsked implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      return context.getConfigurationParameter(ASKED).isPresent()
          ? ConditionEvaluationResult.enabled("asked")
          : ConditionEvaluationResult.disabled("a fixture of HeadraceExtensionTest");
    }
  }

  @ExtendWith(OnlyWhenAsked.class)
  static final class StartsNot {
    @RegisterExtension
    static final HeadraceExtension BROKEN = HeadraceExtension.withStream("no such name!", 1);

    @Test
    void never_runs() {
      assertThat(BROKEN).as("ran without its stream").isNull();
    }
  }

  @Test
  void a_class_whose_stream_cannot_be_made_fails_and_says_why() {
    var summary = run(StartsNot.class);

    assertThat(summary.getTestsStartedCount()).isZero();
    assertThat(summary.getContainersFailedCount()).isEqualTo(1);
    assertThat(summary.getFailures().get(0).getException()).hasMessageContaining("no such name!");
  }

  @ExtendWith(OnlyWhenAsked.class)
  static final class OnePerTest {
    static final List<LocalAws> SEEN = new ArrayList<>();

    @RegisterExtension final HeadraceExtension headrace = HeadraceExtension.withStream("orders", 1);

    @Test
    void first() {
      SEEN.add(headrace.aws());
    }

    @Test
    void second() {
      SEEN.add(headrace.aws());
    }
  }

  @Test
  void in_an_instance_field_each_test_gets_servers_of_its_own_and_all_are_closed() {
    var summary = run(OnePerTest.class);

    assertThat(summary.getTestsSucceededCount()).isEqualTo(2);
    assertThat(OnePerTest.SEEN).hasSize(2).doesNotHaveDuplicates();
    for (var aws : OnePerTest.SEEN) {
      assertThatThrownBy(() -> connect(aws.kinesisEndpoint().getPort()))
          .isInstanceOf(IOException.class);
      assertThatThrownBy(() -> connect(aws.dynamoDbEndpoint().getPort()))
          .isInstanceOf(IOException.class);
    }
  }

  private static void connect(int port) throws IOException {
    new Socket(InetAddress.getLoopbackAddress(), port).close();
  }

  private static TestExecutionSummary run(Class<?> tests) {
    var listener = new SummaryGeneratingListener();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(tests))
                .configurationParameter(ASKED, "yes")
                .build(),
            listener);
    return listener.getSummary();
  }
}
