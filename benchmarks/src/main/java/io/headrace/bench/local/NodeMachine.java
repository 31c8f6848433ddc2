package io.headrace.bench.local;

import io.headrace.bench.rig.Machine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What the figures were taken on, with what the other servers run on. */
final class NodeMachine {
  private NodeMachine() {}

  static Map<String, Object> description() {
    Map<String, Object> machine = new LinkedHashMap<>(Machine.description());
    machine.put("node", nodeVersion());
    machine.put("kinesalite", "3.3.3");
    machine.put("kinesis-local", "0.6.2");
    return machine;
  }

  private static String nodeVersion() {
    try {
      Process node = new ProcessBuilder("node", "--version").redirectErrorStream(true).start();
      if (!node.waitFor(5, TimeUnit.SECONDS)) {
        node.destroyForcibly();
        return "unknown";
      }
      return new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return "not there";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "unknown";
    }
  }
}
