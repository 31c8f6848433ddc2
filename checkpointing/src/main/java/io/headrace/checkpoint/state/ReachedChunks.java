package io.headrace.checkpoint.state;

import io.headrace.kcl.CommitParts;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The chunks of one shard's own that commits refer to, directly and through others: for a sweep of
 * what is left. Immutable, any thread.
 *
 * <p>Names are kept as numbers of 64 bits, 8 MB for a million: of two names with one number the
 * chunk that nobody refers to would stay.
 */
public final class ReachedChunks {
  /** What the last word of a state chunk's name begins with, behind the run it is of. */
  private static final char OF_STATE = 's';

  private final long[] names;

  private ReachedChunks(long[] names) {
    this.names = names;
  }

  /**
   * Reads all that commits name but the entries themselves, one chunk after the other.
   *
   * @param home of the shard; whatever part it names, all parts of the commits that are roots count
   * @return completes on any thread; fails with {@link io.headrace.kcl.CheckpointException} when
   *     something can't be read, and then nothing may be taken for unreachable
   */
  public static CompletionStage<ReachedChunks> of(StateHome home, List<CommitParts> commits) {
    var walk = new Walk(home);
    CompletableFuture<Void> walked = CompletableFuture.completedFuture(null);
    for (var commit : commits) {
      for (byte[] part : commit.parts().values()) {
        walked = walked.thenComposeAsync(done -> walk.part(part), home.background());
      }
    }
    return walked.thenApply(done -> walk.found());
  }

  /** Whether a commit refers to the chunk. */
  public boolean has(String name) {
    return Arrays.binarySearch(names, numberOf(name)) >= 0;
  }

  /**
   * Whether that is how a chunk of entries, a node or a root is named.
   *
   * @param word the last of the name: epoch, draw and number
   */
  public static boolean isState(String word) {
    int dot = word.lastIndexOf('.');
    return dot >= 0 && dot + 1 < word.length() && word.charAt(dot + 1) == OF_STATE;
  }

  private static long numberOf(String name) {
    long number = 0xcbf29ce484222325L;
    for (int i = 0; i < name.length(); i++) {
      number = (number ^ name.charAt(i)) * 0x100000001b3L;
      number ^= number >>> 29;
    }
    return number;
  }

  /** One step at a time, on the background executor. */
  private static final class Walk {
    private record Pending(ChunkRef ref, int level) {}

    private final StateHome home;
    private final ChunkIo io;
    private final ArrayDeque<Pending> pending = new ArrayDeque<>();
    private long[] names = new long[16];
    private int size;

    Walk(StateHome home) {
      this.home = home;
      this.io = new ChunkIo(home, home.cache(), StateRules.SOUND);
    }

    CompletableFuture<Void> part(byte[] part) {
      var what = home.owner() + ", sweep";
      if (Root.isOne(part)) {
        return root(Root.read(what, part));
      }
      if (!RootRef.isOne(part)) {
        return CompletableFuture.completedFuture(null);
      }
      var ref = RootRef.read(what, part);
      reached(ref.chunk());
      return io.get(ref.chunk())
          .thenComposeAsync(bytes -> root(ref.root(what, bytes)), home.background());
    }

    private CompletableFuture<Void> root(Root root) {
      root.runs().forEach(run -> pending.add(new Pending(run.top(), run.level())));
      return goOn();
    }

    private CompletableFuture<Void> goOn() {
      while (true) {
        var next = pending.poll();
        if (next == null) {
          return CompletableFuture.completedFuture(null);
        }
        reached(next.ref().name());
        if (next.level() > 0) {
          return io.node(next.ref())
              .thenComposeAsync(
                  node -> {
                    node.refs().forEach(ref -> pending.push(new Pending(ref, node.level() - 1)));
                    return goOn();
                  },
                  home.background());
        }
      }
    }

    /**
     * What others wrote is not here to be swept, so it is not remembered; but it is gone through,
     * as a function that goes on under another name and back leaves roots and nodes of that name
     * above chunks of its own.
     */
    private void reached(String name) {
      if (!name.startsWith(home.shardPrefix())) {
        return;
      }
      if (size == names.length) {
        names = Arrays.copyOf(names, size * 2);
      }
      names[size++] = numberOf(name);
    }

    ReachedChunks found() {
      long[] sorted = Arrays.copyOf(names, size);
      Arrays.sort(sorted);
      return new ReachedChunks(sorted);
    }
  }
}
