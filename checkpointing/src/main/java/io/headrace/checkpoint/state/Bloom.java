package io.headrace.checkpoint.state;

import java.util.List;

/**
 * Which keys a chunk may hold: no key that it holds is ever denied, and fewer than one in a
 * thousand of the others is let through (16 bits a key, 7 probes). A key that is new is asked of
 * each run, and one that is let through costs a read of the store, which takes as long as hundreds
 * of records.
 */
final class Bloom {
  private static final int BITS_A_KEY = 16;
  private static final int PROBES = 7;

  private Bloom() {}

  static byte[] of(List<RawEntry> entries) {
    var bits = new byte[Math.max(8, (entries.size() * BITS_A_KEY + 7) / 8)];
    for (var entry : entries) {
      long hash = hash(entry.key());
      for (int i = 0; i < PROBES; i++) {
        int bit = bit(hash, i, bits.length);
        bits[bit >> 3] |= (byte) (1 << (bit & 7));
      }
    }
    return bits;
  }

  static boolean mayHold(byte[] bits, byte[] key) {
    long hash = hash(key);
    for (int i = 0; i < PROBES; i++) {
      int bit = bit(hash, i, bits.length);
      if ((bits[bit >> 3] & (1 << (bit & 7))) == 0) {
        return false;
      }
    }
    return true;
  }

  private static int bit(long hash, int probe, int bytes) {
    long mixed = (hash & 0xffffffffL) + probe * ((hash >>> 32) | 1);
    return (int) Long.remainderUnsigned(mixed, bytes * 8L);
  }

  private static long hash(byte[] key) {
    long hash = 0xcbf29ce484222325L;
    for (byte each : key) {
      hash = (hash ^ (each & 0xff)) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 30)) * 0xbf58476d1ce4e5b9L;
    hash = (hash ^ (hash >>> 27)) * 0x94d049bb133111ebL;
    return hash ^ (hash >>> 31);
  }
}
