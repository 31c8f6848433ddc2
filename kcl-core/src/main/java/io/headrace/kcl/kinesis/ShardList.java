package io.headrace.kcl.kinesis;

import io.headrace.kcl.Shard;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;

/** Lists all shards of a stream, page by page. */
final class ShardList {
  /** A thousand shards a page; a stream that has more is not one. */
  static final int PAGES_MAX = 1_000;

  private static final int SHARDS_PER_PAGE = 1_000;

  private ShardList() {}

  /** All shards, parents before children. Fails with StreamException only. */
  static CompletableFuture<List<Shard>> of(KinesisCalls calls) {
    return page(calls, null, new ArrayList<>(), 1)
        .thenApply(
            told -> {
              try {
                return Lineage.parentsFirst(told.stream().map(Children::shard).toList());
              } catch (RuntimeException broken) {
                throw new StreamException(
                    Kind.INVALID,
                    "ListShards on "
                        + calls.place
                        + " was answered against the protocol: "
                        + broken.getMessage()
                        + "; is the endpoint a Kinesis server?",
                    broken);
              }
            });
  }

  private static CompletableFuture<List<software.amazon.awssdk.services.kinesis.model.Shard>> page(
      KinesisCalls calls,
      @Nullable String token,
      List<software.amazon.awssdk.services.kinesis.model.Shard> told,
      int number) {
    var request =
        ListShardsRequest.builder().overrideConfiguration(calls.oneTry).maxResults(SHARDS_PER_PAGE);
    // A token stands for the stream as well; both together are refused.
    ListShardsRequest asked =
        (token == null ? request.streamName(calls.place.stream()) : request.nextToken(token))
            .build();
    return calls
        .retrying("ListShards", client -> client.listShards(asked))
        .thenCompose(answer -> next(calls, answer, told, number));
  }

  private static CompletableFuture<List<software.amazon.awssdk.services.kinesis.model.Shard>> next(
      KinesisCalls calls,
      ListShardsResponse answer,
      List<software.amazon.awssdk.services.kinesis.model.Shard> told,
      int number) {
    told.addAll(answer.shards());
    if (answer.nextToken() == null) {
      return CompletableFuture.completedFuture(told);
    }
    if (number >= PAGES_MAX) {
      return CompletableFuture.failedFuture(
          new StreamException(
              Kind.INVALID,
              "ListShards on "
                  + calls.place
                  + " named a next page "
                  + PAGES_MAX
                  + " times; is the endpoint a Kinesis server?"));
    }
    return page(calls, answer.nextToken(), told, number + 1);
  }
}
