package io.headrace.bench.local;

import io.headrace.bench.rig.Launch;
import io.headrace.bench.rig.OwnServer;
import io.headrace.bench.rig.ServerProcess;
import java.util.List;
import java.util.Map;

/** A server that is measured, and how it is started: always as a process of its own. */
enum Contestant {
  HEADRACE("headrace", true, true) {
    @Override
    Launch launch(PeerFolder peers, int port, Heap heap) {
      return OwnServer.launch(port, "off", heap.mebibytes());
    }
  },

  // Its CBOR breaks off answers beyond 16 KiB, so that the SDK can use it over JSON only.
  KINESALITE("kinesalite", false, false) {
    @Override
    Launch launch(PeerFolder peers, int port, Heap heap) {
      return new Launch(
          label(),
          List.of(
              "node", peers.module("kinesalite").resolve("cli.js").toString(), "--port", "" + port),
          peers.module("kinesalite"),
          Map.of(),
          false);
    }
  },

  KINESIS_LOCAL("kinesis-local", true, true) {
    @Override
    Launch launch(PeerFolder peers, int port, Heap heap) {
      return new Launch(
          label(),
          List.of("node", "main.js"),
          peers.module("kinesis-local"),
          Map.of(
              "KINESIS_MOCK_PLAIN_PORT",
              "" + port,
              "KINESIS_MOCK_TLS_PORT",
              "" + ServerProcess.freePort(),
              "LOG_LEVEL",
              "ERROR"),
          false);
    }
  };

  /** The most heap that a server of ours may take. */
  record Heap(int mebibytes) {}

  private final String label;
  private final boolean cbor;
  private final boolean pushes;

  Contestant(String label, boolean cbor, boolean pushes) {
    this.label = label;
    this.cbor = cbor;
    this.pushes = pushes;
  }

  String label() {
    return label;
  }

  List<Encoding> encodings() {
    return cbor ? List.of(Encoding.CBOR, Encoding.JSON) : List.of(Encoding.JSON);
  }

  /** Whether it has SubscribeToShard. */
  boolean pushes() {
    return pushes;
  }

  /** Starts it and waits for its first answer. */
  ServerProcess start(PeerFolder peers, Heap heap) {
    int port = ServerProcess.freePort();
    return ServerProcess.start(launch(peers, port, heap), port, peers.log(label));
  }

  abstract Launch launch(PeerFolder peers, int port, Heap heap);
}
