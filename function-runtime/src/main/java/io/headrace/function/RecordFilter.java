package io.headrace.function;

import io.headrace.kcl.StreamRecord;
import java.io.IOException;
import java.util.List;
import java.util.ServiceLoader;

/**
 * Which records of an input its function is to see. Made by a {@link Language}; immutable, asked on
 * the background pool, by several threads at once.
 */
public interface RecordFilter {
  /** What a filter says of a record. */
  enum Verdict {
    /** The function is to see it. */
    PASSES,

    /** The function is not to see it. */
    FILTERED,

    /** Its payload would decide, and can't be read as the patterns need it: {@link Unparsable}. */
    UNPARSABLE
  }

  /**
   * @throws IOException when a payload that is fetched late can't be had now
   */
  Verdict judge(StreamRecord record) throws IOException;

  /**
   * The language of patterns. Found by {@link ServiceLoader}; used when a specification is made.
   */
  interface Language {
    /**
     * @param patterns at least one; a record passes that any of them matches
     * @throws FilterException for the first pattern that is none
     */
    RecordFilter compile(List<String> patterns);

    /** The one on the class path. */
    static Language find() {
      return ServiceLoader.load(Language.class, Language.class.getClassLoader())
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalStateException(
                      "filters need a RecordFilter.Language, and the class path holds none: the jar"
                          + " of function-runtime must keep its META-INF/services"));
    }
  }
}
