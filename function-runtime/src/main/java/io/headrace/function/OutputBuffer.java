package io.headrace.function;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Holds the outputs of one call until it is known whether it succeeded. Thread-safe. */
final class OutputBuffer<O> implements Output<O> {
  private final FunctionOutlets<O> outlets;
  private final Origin origin;

  /** Empty without a list of its own: most calls send nothing. */
  private List<Outlet.Parcel<?>> parcels = List.of();

  private int numbered;
  private boolean closed;

  /** What the call makes of the trace context; null where nobody looks. */
  private @Nullable Call<?> call;

  /** What is handled, and the outputs come of. Asked for each output only. */
  interface Origin {
    /** What nothing may come of. */
    Origin NONE =
        new Origin() {
          @Override
          public String id() {
            return "";
          }

          @Override
          public Map<String, String> headers() {
            return Map.of();
          }
        };

    /** Names the record or window: the same in every delivery. */
    String id();

    /** Of the record; outputs pass its trace context on. */
    Map<String, String> headers();
  }

  OutputBuffer(FunctionOutlets<O> outlets, Origin origin) {
    this.outlets = outlets;
    this.origin = origin;
  }

  /** Outputs belong to this call's span, if it has one. Before the call begins. */
  void passesOn(Call<?> of) {
    call = of;
  }

  @Override
  public void send(O value) {
    add(outlets.main(), value);
  }

  @Override
  public <T> void send(Side<T> side, T value) {
    add(outlets.side(side), value);
  }

  /** Ends the call: what is sent later throws, so the list never changes again. */
  synchronized List<Outlet.Parcel<?>> close() {
    closed = true;
    return parcels;
  }

  private <T, P> void add(Outlet<T, P> outlet, T value) {
    int number = next();
    Objects.requireNonNull(value, "output");
    // The codec is the user's: no lock is held, as the worker loop may close this meanwhile.
    keep(encoded(outlet, value, number));
  }

  /** Numbers an output. */
  private synchronized int next() {
    requireOpen();
    return numbered++;
  }

  private synchronized void keep(Outlet.Parcel<?> parcel) {
    requireOpen();
    if (parcels.isEmpty()) {
      parcels = new ArrayList<>();
    }
    parcels.add(parcel);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(
          "function "
              + outlets.function()
              + ": this Output belongs to a call that has ended; send before the call or its stage"
              + " ends");
    }
  }

  private <T, P> Outlet.Parcel<?> encoded(Outlet<T, P> outlet, T value, int number) {
    try {
      var id = origin.id() + "#" + number;
      var trace = TraceContext.carriedBy(origin.headers());
      var origin =
          new Outlet.Origin(id, call == null ? trace : call.passedOn(outlet.name(), trace));
      return Outlet.Parcel.of(outlet, origin, value);
    } catch (RuntimeException thrown) {
      throw thrown;
    } catch (Exception thrown) {
      throw new IllegalArgumentException(
          "function " + outlets.function() + ": an output can't be encoded for " + outlet.name(),
          thrown);
    }
  }
}
