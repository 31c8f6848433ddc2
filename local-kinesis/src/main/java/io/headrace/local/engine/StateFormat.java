package io.headrace.local.engine;

/** How a stream's state is written down. Any thread. */
public interface StateFormat {
  /** For where nothing is ever written down. */
  StateFormat NONE =
      new StateFormat() {
        @Override
        public byte[] write(StreamState state) {
          throw new IllegalStateException("nothing is kept here");
        }

        @Override
        public StreamState read(byte[] bytes) {
          throw new IllegalStateException("nothing is kept here");
        }
      };

  byte[] write(StreamState state);

  /**
   * The state as it was written.
   *
   * @throws IllegalArgumentException when these bytes are not what this format writes
   */
  StreamState read(byte[] bytes);
}
