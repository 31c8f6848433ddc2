package io.headrace.bench.rig;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** Of a benchmark that measures programs in turn. Mixed in by picocli. */
public final class RunOptions extends ReportOptions {
  @Option(names = "--quick", description = "One short round: a look, not a verdict.")
  private boolean quick;

  /** Those that were asked for, or all when none was, in the order of their declaration. */
  public static <E extends Enum<E>> Set<E> these(List<E> asked, Class<E> all) {
    return asked.isEmpty() ? EnumSet.allOf(all) : EnumSet.copyOf(asked);
  }

  public boolean quick() {
    return quick;
  }
}
