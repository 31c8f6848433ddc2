package io.headrace.function;

import io.headrace.kcl.HashRange;
import java.util.function.Function;

/** Where a state lies: always within the shard of its partition key. */
record StateKey(String partitionKey, String key) {
  /**
   * @throws Decoder.Unreadable when the user's key function threw, or answered null or no text
   */
  static <I> StateKey of(Keys<I> keys, String partitionKey, Decoder.Decoded<I> decoded)
      throws Decoder.Unreadable {
    var carried = decoded.carried();
    if (carried != null) {
      // As the first stage had it, so that both agree while one of them is deployed anew.
      return new StateKey(partitionKey, carried.key());
    }
    return keys instanceof Keys.Within<I> within
        ? new StateKey(partitionKey, keyOf(within.key(), decoded.value()))
        : new StateKey(partitionKey, partitionKey);
  }

  /**
   * @throws Decoder.Unreadable when the user's key function threw, or answered null or no text
   */
  static <I> String keyOf(Function<? super I, String> function, I value) throws Decoder.Unreadable {
    try {
      String key = function.apply(value);
      if (key != null) {
        return requireText(key);
      }
    } catch (RuntimeException | StackOverflowError thrown) {
      throw new Decoder.Unreadable(
          "NoKey", "the key function threw " + thrown.getClass().getName(), thrown);
    }
    throw new Decoder.Unreadable("NoKey", "the key function answered null", null);
  }

  private static String requireText(String key) throws Decoder.Unreadable {
    int half = halfPairIn(key);
    if (half >= 0) {
      throw new Decoder.Unreadable(
          "NoKey",
          "the key function answered half of a surrogate pair at character "
              + half
              + ": cut texts between characters (String.offsetByCodePoints)",
          null);
    }
    return key;
  }

  /**
   * Where a text was cut within a character; negative where it was not. Such a text has no bytes of
   * its own: stored, it would become another one, and several such texts the same.
   */
  static int halfPairIn(String text) {
    for (int i = 0; i < text.length(); i++) {
      char one = text.charAt(i);
      if (Character.isSurrogate(one)) {
        boolean whole = i + 1 < text.length() && Character.isSurrogatePair(one, text.charAt(i + 1));
        if (!whole) {
          return i;
        }
        i++;
      }
    }
    return -1;
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
