package io.headrace.function;

import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.CheckpointException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The outputs of one call, in order, as an entry of a shard's outbox has them. Immutable. */
record KeptOutputs(List<Kept> outputs) {
  private static final int FORMAT = 1;

  /** Without content, which may be personal data. */
  record Kept(String label, String id, Outlet.Content content) {}

  KeptOutputs {
    outputs = List.copyOf(outputs);
  }

  /**
   * What was prepared, all of it by outlets that keep.
   *
   * @param of the function to which the outlets belong
   */
  static KeptOutputs of(List<Outlet.Parcel<?>> parcels, FunctionOutlets<?> of) {
    return new KeptOutputs(parcels.stream().map(each -> kept(each, of)).toList());
  }

  private static <P> Kept kept(Outlet.Parcel<P> parcel, FunctionOutlets<?> of) {
    var outlet = (Outlet.Keeping<?, P>) parcel.outlet();
    return new Kept(of.labelOf(outlet), parcel.id(), outlet.keep(parcel.content()));
  }

  /** On the pool. */
  List<Outlet.Parcel<?>> revived(FunctionOutlets<?> of) {
    var parcels = new ArrayList<Outlet.Parcel<?>>(outputs.size());
    for (var each : outputs) {
      parcels.add(revived(of.keeping(each.label()), each, of.function()));
    }
    return parcels;
  }

  private static <P> Outlet.Parcel<P> revived(
      Outlet.Keeping<?, P> outlet, Kept kept, String function) {
    try {
      return new Outlet.Parcel<>(outlet, kept.id(), outlet.revive(kept.id(), kept.content()));
    } catch (Exception thrown) {
      throw new CheckpointException(
          "function "
              + function
              + ": output "
              + kept.id()
              + " is committed and not sent yet, and can't be sent to "
              + outlet.name()
              + ": "
              + thrown.getMessage(),
          thrown);
    }
  }

  /** Of two shards that held the key both. */
  static StateValue joined(StateValue one, StateValue other) {
    var all = new ArrayList<>(read(one).outputs());
    all.addAll(read(other).outputs());
    return new KeptOutputs(all).value();
  }

  StateValue value() {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.writeInt(outputs.size());
      for (var each : outputs) {
        ChunkBytes.write(out, each.label());
        ChunkBytes.write(out, each.id());
        ChunkBytes.write(out, each.content().key());
        ChunkBytes.write(out, each.content().data());
        out.writeInt(each.content().version());
        out.writeInt(each.content().headers().size());
        for (var header : each.content().headers().entrySet()) {
          ChunkBytes.write(out, header.getKey());
          ChunkBytes.write(out, header.getValue());
        }
      }
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return StateValue.of(bytes.toByteArray(), FORMAT);
  }

  /**
   * Reads what {@link #value} wrote.
   *
   * @throws CheckpointException when it is of a newer format, or cut short
   */
  static KeptOutputs read(StateValue value) {
    if (value.codecVersion() > FORMAT) {
      throw new CheckpointException(
          "an outbox has format "
              + value.codecVersion()
              + ", this version reads up to "
              + FORMAT
              + "; run the newer version");
    }
    try (var in = new DataInputStream(new ByteArrayInputStream(value.bytes()))) {
      var outputs = new ArrayList<Kept>();
      for (int left = in.readInt(); left > 0; left--) {
        var label = ChunkBytes.readText(in);
        var id = ChunkBytes.readText(in);
        var key = ChunkBytes.readText(in);
        byte[] data = ChunkBytes.readBytes(in);
        int version = in.readInt();
        Map<String, String> headers = new LinkedHashMap<>();
        for (int more = in.readInt(); more > 0; more--) {
          headers.put(ChunkBytes.readText(in), ChunkBytes.readText(in));
        }
        outputs.add(new Kept(label, id, new Outlet.Content(key, data, headers, version)));
      }
      return new KeptOutputs(outputs);
    } catch (IOException cut) {
      throw new CheckpointException("an entry of an outbox is cut short", cut);
    }
  }
}
