package io.headrace.function.aws;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.ChunkStoreContract;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/** Chunks in an S3Mock, over its socket. */
class S3ChunkStoreTest extends ChunkStoreContract {
  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final S3AsyncClient S3 =
      S3AsyncClient.builder()
          .endpointOverride(ForeignServers.s3())
          .region(Region.US_EAST_1)
          .credentialsProvider(
              StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
          .forcePathStyle(true)
          .build();

  private final ChunkStore store =
      new S3ChunkStore(S3, "letters", "chunks/" + NAMES.incrementAndGet());

  @Override
  protected ChunkStore store() {
    return store;
  }

  @AfterAll
  static void close() {
    S3.close();
  }
}
