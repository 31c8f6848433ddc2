package io.headrace.function.aws;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.function.DeadLetter;
import io.headrace.function.DeadLetters;
import io.headrace.function.LetterSink;
import io.headrace.function.SinkLetter;
import io.headrace.kcl.HashRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResponse;

/**
 * Messages of an SQS queue, up to ten a request. What the queue takes is asked of it once; a letter
 * that is larger lies whole in the bucket that was named, or goes without its payload. Thread-safe.
 */
final class SqsLetters implements LetterSink {
  /** <a href="https://docs.aws.amazon.com/AWSSimpleQueueService">Of SendMessageBatch</a>. */
  private static final int BATCH_MAX = 10;

  /** What SQS took before 2025, and what a queue takes that does not say. */
  private static final int BYTES_MAX_DEFAULT = 256 << 10;

  /** Attributes count, too. */
  private static final int ATTRIBUTES_BYTES_MAX = 1 << 10;

  private static final int HEX = 16;

  /** What is no character of XML, by the documentation of SendMessage. */
  private static final Pattern UNTAKEN =
      Pattern.compile("[^\\t\\n\\r\\x20-\\x{D7FF}\\x{E000}-\\x{FFFD}\\x{10000}-\\x{10FFFF}]");

  private static final AwsRequestOverrideConfiguration LIMITED =
      AwsRequestOverrideConfiguration.builder().apiCallTimeout(Duration.ofSeconds(30)).build();

  private final SqsAsyncClient client;
  private final DeadLetters.InQueue to;
  private final Optional<S3Letters> spill;
  private volatile @Nullable Integer bytesMax;

  SqsLetters(SqsAsyncClient client, DeadLetters.InQueue to, Optional<S3Letters> spill) {
    this.client = client;
    this.to = to;
    this.spill = spill;
  }

  private record Message(SinkLetter letter, String body) {
    int bytes() {
      return body.getBytes(UTF_8).length + ATTRIBUTES_BYTES_MAX;
    }
  }

  @Override
  public String name() {
    return "queue " + to.url();
  }

  @Override
  public CompletionStage<?> put(List<? extends SinkLetter> letters) {
    return limit()
        .thenCompose(
            limit -> {
              CompletableFuture<List<Message>> messages =
                  CompletableFuture.completedFuture(new ArrayList<>());
              for (var letter : letters) {
                messages =
                    messages.thenCombine(
                        message(letter, limit - ATTRIBUTES_BYTES_MAX),
                        (sofar, one) -> {
                          sofar.add(one);
                          return sofar;
                        });
              }
              return messages.thenCompose(all -> send(all, limit));
            });
  }

  private CompletableFuture<Integer> limit() {
    var known = bytesMax;
    if (known != null) {
      return CompletableFuture.completedFuture(known);
    }
    return client
        .getQueueAttributes(
            get ->
                get.queueUrl(to.url().toString())
                    .attributeNames(QueueAttributeName.MAXIMUM_MESSAGE_SIZE)
                    .overrideConfiguration(LIMITED))
        .thenApply(
            answer -> {
              var said = answer.attributes().get(QueueAttributeName.MAXIMUM_MESSAGE_SIZE);
              int limit = said == null ? BYTES_MAX_DEFAULT : Integer.parseInt(said);
              bytesMax = limit;
              return limit;
            });
  }

  private CompletableFuture<Message> message(SinkLetter letter, int limit) {
    var body = new String(letter.json(limit), UTF_8);
    if (spill.isEmpty() || !(letter instanceof DeadLetter record) || isWhole(record, body, limit)) {
      return CompletableFuture.completedFuture(new Message(letter, body));
    }
    return spill
        .get()
        .store(record)
        .thenApply(
            where ->
                new Message(
                    record,
                    new String(record.without("the whole letter is " + where).json(limit), UTF_8)));
  }

  private static boolean isWhole(DeadLetter letter, String body, int limit) {
    return letter.payload().length() <= limit && body.contains(letter.payload());
  }

  /** As many as fit at a time, one request after the other, so that order is kept. */
  private CompletableFuture<Void> send(List<Message> messages, int limit) {
    CompletableFuture<Void> sent = CompletableFuture.completedFuture(null);
    int from = 0;
    while (from < messages.size()) {
      int bytes = 0;
      int to = from;
      while (to < messages.size()
          && to - from < BATCH_MAX
          && (to == from || bytes + messages.get(to).bytes() <= limit)) {
        bytes += messages.get(to).bytes();
        to++;
      }
      var batch = List.copyOf(messages.subList(from, to));
      sent = sent.thenCompose(done -> send(batch));
      from = to;
    }
    return sent;
  }

  private CompletableFuture<Void> send(List<Message> batch) {
    var entries = new ArrayList<SendMessageBatchRequestEntry>();
    for (int i = 0; i < batch.size(); i++) {
      entries.add(entry(Integer.toString(i), batch.get(i)));
    }
    return client
        .sendMessageBatch(
            send ->
                send.queueUrl(to.url().toString()).entries(entries).overrideConfiguration(LIMITED))
        .thenAccept(answer -> refuseUnlessWhole(answer, batch.size()));
  }

  /** A request that succeeded may hold entries that did not; what is not confirmed is not there. */
  private void refuseUnlessWhole(SendMessageBatchResponse answer, int sent) {
    if (answer.hasFailed() && !answer.failed().isEmpty()) {
      var first = answer.failed().get(0);
      throw new IllegalStateException(
          name()
              + ": "
              + answer.failed().size()
              + " letters were not taken: "
              + first.code()
              + " "
              + first.message());
    }
    if (answer.successful().size() != sent) {
      throw new IllegalStateException(
          name() + ": of " + sent + " letters " + answer.successful().size() + " were confirmed");
    }
  }

  private SendMessageBatchRequestEntry entry(String id, Message message) {
    var letter = message.letter();
    var entry =
        SendMessageBatchRequestEntry.builder()
            .id(id)
            .messageBody(message.body())
            .messageAttributes(
                Map.of("function", text(letter.function()), "code", text(letter.code())));
    if (to.url().getPath().endsWith(".fifo")) {
      entry
          .messageGroupId(HashRange.hashOf(letter.partitionKey()).toString(HEX))
          .messageDeduplicationId(
              HashRange.hashOf(letter.id() + "@" + letter.failedAt()).toString(HEX));
    }
    return entry.build();
  }

  /** Of characters that a queue takes. */
  private static MessageAttributeValue text(String value) {
    var taken = UNTAKEN.matcher(value).replaceAll("?");
    return MessageAttributeValue.builder().dataType("String").stringValue(taken).build();
  }

  /** The client is its maker's. */
  @Override
  public void close() {}
}
