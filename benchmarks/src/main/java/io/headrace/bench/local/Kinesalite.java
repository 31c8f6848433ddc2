package io.headrace.bench.local;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.ServerProcess;
import java.util.function.Supplier;

/** The third party's server from which consumers read once more, so that not all is ours. */
public final class Kinesalite {
  private static final String CBOR = "aws.cborEnabled";

  /** The JVM option of whoever calls it through the SDK: its CBOR breaks off long answers. */
  public static final String CLIENT_OPTION = Encoding.JSON.clientOption();

  private Kinesalite() {}

  /** Starts it, installed by npm where it is missing. */
  public static ServerProcess start(Checkout checkout) {
    PeerFolder peers = new PeerFolder(checkout.target().resolve("peers"));
    peers.install();
    return Contestant.KINESALITE.start(peers, new Contestant.Heap(0));
  }

  /** Calls it from this process, in which nobody else may call Kinesis meanwhile. */
  public static <T> T calling(Supplier<T> calls) {
    String before = System.setProperty(CBOR, "false");
    try {
      return calls.get();
    } finally {
      if (before == null) {
        System.clearProperty(CBOR);
      } else {
        System.setProperty(CBOR, before);
      }
    }
  }
}
