package io.headrace.function;

/**
 * In which version a function's state is written while workers of two deployments are alive. Asked
 * from any thread, for each state that is made.
 */
interface StateVersions {
  /** One deployment: the newest. */
  StateVersions NEWEST =
      new StateVersions() {
        @Override
        public int toWrite(String function, int oldest, int newest) {
          return newest;
        }

        @Override
        public void found(String function, int version) {}
      };

  /**
   * The version to write.
   *
   * @param function its name; {@code function@part} of what it keeps beside its state
   * @param oldest that the codec can write
   * @param newest that the codec can write
   */
  int toWrite(String function, int oldest, int newest);

  /** There is state of this version, whether it can be read or not. */
  void found(String function, int version);
}
