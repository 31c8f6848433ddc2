package io.headrace.harness.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.function.Codec;

/**
 * What the keyed function of a simulated fleet keeps of a key.
 *
 * @param count how many records were handled
 * @param last the number of the last of them
 */
record ProbeState(long count, long last) {
  static final ProbeState NONE = new ProbeState(0, 0);

  /** A few states are more than rides in a commit: so there are chunks, and faults of them. */
  private static final String PADDING = ".".repeat(600);

  static final Codec<ProbeState> CODEC =
      new Codec<>() {
        @Override
        public ProbeState decode(byte[] bytes, int version) {
          var words = new String(bytes, UTF_8).split(" ", 3);
          return new ProbeState(Long.parseLong(words[0]), Long.parseLong(words[1]));
        }

        @Override
        public byte[] encode(ProbeState value) {
          return (value.count + " " + value.last + " " + PADDING).getBytes(UTF_8);
        }
      };

  ProbeState with(long number) {
    return new ProbeState(count + 1, number);
  }
}
