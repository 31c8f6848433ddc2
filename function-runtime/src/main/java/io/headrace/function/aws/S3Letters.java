package io.headrace.function.aws;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.function.DeadLetters;
import io.headrace.function.LetterSink;
import io.headrace.function.SinkLetter;
import io.headrace.kcl.HashRange;
import java.net.URLEncoder;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/**
 * One object for each letter. Its name is made of what the letter is about, so a letter that is put
 * again takes the place of the first. Thread-safe.
 */
final class S3Letters implements LetterSink {
  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("uuuu/MM/dd", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** Of the 1,024 bytes that a name may have, what is left for what a letter is about. */
  private static final int ID_CHARACTERS_MAX = 500;

  private static final int HEX = 16;

  private static final AwsRequestOverrideConfiguration LIMITED =
      AwsRequestOverrideConfiguration.builder().apiCallTimeout(Duration.ofSeconds(60)).build();

  private final S3AsyncClient client;
  private final DeadLetters.InBucket to;

  S3Letters(S3AsyncClient client, DeadLetters.InBucket to) {
    this.client = client;
    this.to = to;
  }

  @Override
  public String name() {
    return "bucket s3://" + to.bucket() + (to.prefix().isEmpty() ? "" : "/" + to.prefix());
  }

  @Override
  public CompletionStage<?> put(List<? extends SinkLetter> letters) {
    return CompletableFuture.allOf(
        letters.stream().map(this::store).toArray(CompletableFuture<?>[]::new));
  }

  /** Stores a letter whole; answers its address. */
  CompletableFuture<String> store(SinkLetter letter) {
    var key = keyOf(letter);
    return client
        .putObject(
            put ->
                put.bucket(to.bucket())
                    .key(key)
                    .contentType("application/json")
                    .overrideConfiguration(LIMITED),
            AsyncRequestBody.fromBytes(letter.json(Integer.MAX_VALUE)))
        .thenApply(done -> "s3://" + to.bucket() + "/" + key);
  }

  /** {@code prefix/function/2026/01/31/stream/shard/sequence:sub-milliseconds.json}. */
  String keyOf(SinkLetter letter) {
    return (to.prefix().isEmpty() ? "" : to.prefix() + "/")
        + letter.function()
        + "/"
        + DAY.format(letter.failedAt())
        + "/"
        + named(letter.id())
        + "-"
        + letter.failedAt().toEpochMilli()
        + ".json";
  }

  /** A window's name holds a key, and keys hold anything; of a long one a hash says the rest. */
  private static String named(String id) {
    var name = URLEncoder.encode(id, UTF_8).replace("%2F", "/").replace("%3A", ":");
    return name.length() <= ID_CHARACTERS_MAX
        ? name
        : name.substring(0, ID_CHARACTERS_MAX) + "-" + HashRange.hashOf(id).toString(HEX);
  }

  /** The client is its maker's. */
  @Override
  public void close() {}
}
