package io.headrace.function;

import io.headrace.kcl.StreamException;
import io.headrace.kcl.loop.Stages;
import java.time.Instant;
import java.util.Optional;

/**
 * An output that its destination will never take, such as one that is too large for its stream, on
 * its way to the dead letters. It is none of the records of the function, so nothing plays it
 * again.
 *
 * @param attempts with the one that was refused
 * @param at when it was refused
 */
record RefusedOutput(Outlet.Parcel<?> parcel, int attempts, Instant at) implements LetterSource {
  static final String CODE = "OutputRefused";

  /**
   * Whether no other try would end otherwise: the service says that the record is wrong, or a
   * callback says so itself. What can't be kept, such as a record that is carried to the shard of
   * its key, would be gone with its letter: it is tried again.
   */
  static boolean isForGood(Outlet<?, ?> outlet, Throwable thrown) {
    var cause = Stages.causeOf(thrown);
    return cause instanceof TerminalFailure
        || (outlet instanceof Outlet.Keeping<?, ?>
            && cause instanceof StreamException refused
            && refused.kind() == StreamException.Kind.INVALID);
  }

  Failure failure(Throwable thrown) {
    return new Failure(Stages.causeOf(thrown), CODE, true, false);
  }

  @Override
  public boolean isOfInput() {
    return false;
  }

  @Override
  public Remains remains() {
    return remains(parcel);
  }

  private <P> Remains remains(Outlet.Parcel<P> of) {
    if (of.outlet() instanceof Outlet.Keeping<?, P> keeping) {
      var content = keeping.keep(of.content());
      return new Remains(of.id(), content.key(), at, content.data(), Optional.empty());
    }
    return new Remains(of.id(), "", at, new byte[0], Optional.empty());
  }
}
