package io.headrace.function.aws;

import static io.headrace.checkpoint.Answers.answer;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.ChunkStoreContract;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/** Chunks in an S3Mock, over its socket, that refuses puts of one name at once as S3 does. */
class S3ChunkStoreTest extends ChunkStoreContract {
  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final ConflictingPuts HTTP = new ConflictingPuts(NettyNioAsyncHttpClient.create());
  private static final S3AsyncClient S3 =
      S3AsyncClient.builder()
          .httpClient(HTTP)
          .overrideConfiguration(S3ChunkStore::retrying)
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

  @Test
  void a_put_that_met_another_of_its_name_is_tried_again() {
    HTTP.refuseNext();

    answer(store.put("app/totals/orders@1/s0/9.ab.1", new byte[] {1}));

    assertThat(answer(store.get("app/totals/orders@1/s0/9.ab.1"))).containsExactly(1);
    assertThat(HTTP.refusesNext()).isFalse();
  }

  @AfterAll
  static void close() {
    S3.close();
    HTTP.close();
  }
}
