package io.headrace.kcl;

/**
 * One life of one worker. A process that starts again under the same worker id is another
 * incarnation, so nothing that the first one owned is its own.
 *
 * @param workerId the operator's name for the worker; not empty, without {@code #} and {@code !}
 * @param life unique for each start
 */
public record Incarnation(String workerId, String life) implements Comparable<Incarnation> {
  public Incarnation {
    if (workerId.isEmpty() || workerId.indexOf('#') >= 0 || workerId.indexOf('!') >= 0) {
      throw new IllegalArgumentException(
          "worker id \"" + workerId + "\": must not be empty nor hold '#' or '!'");
    }
    if (life.isEmpty() || life.indexOf('#') >= 0) {
      throw new IllegalArgumentException("life \"" + life + "\": must not be empty nor hold '#'");
    }
  }

  /** Reads what {@link #toString} wrote. */
  public static Incarnation parse(String text) {
    int hash = text.indexOf('#');
    if (hash < 0) {
      throw new IllegalArgumentException("incarnation \"" + text + "\": must be worker#life");
    }
    return new Incarnation(text.substring(0, hash), text.substring(hash + 1));
  }

  /** The order of their texts, which is made only where one id begins with the other. */
  @Override
  public int compareTo(Incarnation other) {
    if (workerId.equals(other.workerId)) {
      return life.compareTo(other.life);
    }
    boolean oneBeginsWithOther =
        workerId.startsWith(other.workerId) || other.workerId.startsWith(workerId);
    return oneBeginsWithOther
        ? toString().compareTo(other.toString())
        : workerId.compareTo(other.workerId);
  }

  /** {@code worker#life}. */
  @Override
  public String toString() {
    return workerId + "#" + life;
  }
}
