package io.headrace.function;

import io.headrace.kcl.HashRange;

/** Where a state lies: always within the shard of its partition key. */
record StateKey(String partitionKey, String key) {
  /**
   * @throws Decoder.Unreadable when the user's key function threw or answered null
   */
  static <I> StateKey of(Keys<I> keys, String partitionKey, I value) throws Decoder.Unreadable {
    if (!(keys instanceof Keys.Within<I> within)) {
      return new StateKey(partitionKey, partitionKey);
    }
    try {
      String key = within.key().apply(value);
      if (key != null) {
        return new StateKey(partitionKey, key);
      }
    } catch (RuntimeException | StackOverflowError thrown) {
      throw new Decoder.Unreadable(
          "NoKey", "the key function threw " + thrown.getClass().getName(), thrown);
    }
    throw new Decoder.Unreadable("NoKey", "the key function answered null", null);
  }

  /** Names the key in errors without showing it. */
  String hash() {
    return HashRange.hashOf(partitionKey + "\0" + key).toString(16);
  }

  @Override
  public String toString() {
    return "key hash " + hash();
  }
}
