package io.headrace.function.aws;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.loop.Stages;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Chunks as objects of a bucket: one object each, put only where there is none (<a
 * href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html">conditional
 * writes</a>), which S3 shows to all readers at once. Thread-safe.
 */
final class S3ChunkStore implements ChunkStore {
  private static final AwsRequestOverrideConfiguration LIMITED =
      AwsRequestOverrideConfiguration.builder().apiCallTimeout(Duration.ofSeconds(30)).build();

  private static final int CONFLICT = 409;
  private static final int PRECONDITION_FAILED = 412;

  private final S3AsyncClient client;
  private final String bucket;
  private final String prefix;

  /**
   * @param client stays the maker's, who closes it; tries again as {@link #retrying} says
   * @param prefix what the objects' names begin with; may be empty
   */
  S3ChunkStore(S3AsyncClient client, String bucket, String prefix) {
    this.client = Objects.requireNonNull(client, "client");
    this.bucket = Objects.requireNonNull(bucket, "bucket");
    this.prefix = prefix.isEmpty() || prefix.endsWith("/") ? prefix : prefix + "/";
  }

  /**
   * Tries again, beside what any client does, where another put of the same name was under way: the
   * first to end decides (<a
   * href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html">PutObject</a>, 409
   * ConditionalRequestConflict).
   */
  static void retrying(ClientOverrideConfiguration.Builder client) {
    client.retryStrategy(as -> as.retryOnException(thrown -> isRefused(thrown, CONFLICT)));
  }

  @Override
  public CompletionStage<Void> put(String name, byte[] bytes) {
    var key = keyOf(name);
    byte[] whole = bytes.clone();
    return client
        .putObject(
            put -> put.bucket(bucket).key(key).ifNoneMatch("*").overrideConfiguration(LIMITED),
            AsyncRequestBody.fromBytes(whole))
        .thenAccept(done -> {})
        .exceptionallyCompose(
            thrown -> {
              var cause = Stages.causeOf(thrown);
              return isRefused(cause, PRECONDITION_FAILED)
                  ? get(name).thenAccept(there -> requireSame(name, there, whole))
                  : CompletableFuture.failedFuture(failed(name, cause));
            });
  }

  private static boolean isRefused(Throwable cause, int statusCode) {
    return cause instanceof S3Exception refused && refused.statusCode() == statusCode;
  }

  private static void requireSame(String name, byte[] there, byte[] bytes) {
    if (!Arrays.equals(there, bytes)) {
      throw new CheckpointException(
          "chunk \"" + name + "\" holds other bytes: names are never used twice");
    }
  }

  @Override
  public CompletionStage<byte[]> get(String name) {
    var key = keyOf(name);
    return client
        .getObject(
            get -> get.bucket(bucket).key(key).overrideConfiguration(LIMITED),
            AsyncResponseTransformer.toBytes())
        .handle(
            (answer, thrown) -> {
              if (thrown == null) {
                return answer.asByteArray();
              }
              var cause = Stages.causeOf(thrown);
              if (cause instanceof NoSuchKeyException) {
                throw new CheckpointException(
                    "chunk \""
                        + name
                        + "\" is missing: bucket "
                        + bucket
                        + " has no object "
                        + key
                        + "; what it held can't be made up, so the shard waits. Restore the object,"
                        + " or run the function under a new name, which begins without state",
                    cause);
              }
              throw failed(name, cause);
            });
  }

  @Override
  public CompletionStage<Void> delete(String name) {
    var key = keyOf(name);
    return client
        .deleteObject(delete -> delete.bucket(bucket).key(key).overrideConfiguration(LIMITED))
        .thenAccept(done -> {})
        .exceptionally(
            thrown -> {
              throw failed(name, Stages.causeOf(thrown));
            });
  }

  @Override
  public CompletionStage<List<String>> names(String directory, Optional<String> after) {
    var all = keyOf(directory) + "/";
    return client
        .listObjectsV2(
            list -> {
              list.bucket(bucket).prefix(all).delimiter("/").overrideConfiguration(LIMITED);
              after.ifPresent(name -> list.startAfter(keyOf(name)));
            })
        .handle(
            (answer, thrown) -> {
              if (thrown != null) {
                throw failed(directory + "/", Stages.causeOf(thrown));
              }
              return answer.contents().stream()
                  .map(each -> each.key().substring(all.length()))
                  .map(word -> directory + "/" + URLDecoder.decode(word, UTF_8))
                  .toList();
            });
  }

  /** Words keep their slashes, and nothing else in them is special to S3. */
  private String keyOf(String name) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("chunk name: must not be empty");
    }
    return prefix + URLEncoder.encode(name, UTF_8).replace("%2F", "/");
  }

  private CheckpointException failed(String name, Throwable cause) {
    return new CheckpointException(
        "chunk \"" + name + "\" in bucket " + bucket + ": " + cause.getMessage(), cause);
  }
}
