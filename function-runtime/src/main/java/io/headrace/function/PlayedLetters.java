package io.headrace.function;

import io.headrace.checkpoint.Letter;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Position;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * The part of a commit that names letters which were played again and handled, and may still be in
 * the ledger: what they did to state and position is in the same commit, so they are never played
 * twice, whatever happens before they are struck out.
 */
final class PlayedLetters {
  static final String PART = "redriven";

  private PlayedLetters() {}

  /** The parts with these letters, too; the parts themselves when there are none. */
  static CommitParts with(CommitParts parts, Collection<Letter.Id> played) {
    if (played.isEmpty()) {
      return parts;
    }
    var all = new HashMap<>(parts.parts());
    all.put(PART, write(played));
    return new CommitParts(all);
  }

  /** The letters that these parts name. */
  static Set<Letter.Id> in(CommitParts parts) {
    var bytes = parts.parts().get(PART);
    return bytes == null ? Set.of() : read(bytes);
  }

  private static byte[] write(Collection<Letter.Id> played) {
    Map<ProgressKey, List<Position>> byPlace = new LinkedHashMap<>();
    for (var id : played) {
      byPlace.computeIfAbsent(id.place(), place -> new ArrayList<>()).add(id.position());
    }
    var bytes = new ByteArrayOutputStream();
    // Positions of one shard differ in a few digits.
    try (var out = new DataOutputStream(new DeflaterOutputStream(bytes))) {
      out.writeInt(byPlace.size());
      for (var entry : byPlace.entrySet()) {
        out.writeUTF(entry.getKey().key());
        out.writeInt(entry.getValue().size());
        for (var position : entry.getValue()) {
          out.writeUTF(position.toString());
        }
      }
    } catch (IOException impossible) {
      throw new UncheckedIOException("bytes in memory are always written", impossible);
    }
    return bytes.toByteArray();
  }

  private static Set<Letter.Id> read(byte[] bytes) {
    var played = new LinkedHashSet<Letter.Id>();
    try (var in = new DataInputStream(new InflaterInputStream(new ByteArrayInputStream(bytes)))) {
      for (int places = in.readInt(); places > 0; places--) {
        var place = ProgressKey.parse(in.readUTF());
        for (int left = in.readInt(); left > 0; left--) {
          played.add(new Letter.Id(place, Position.parse(in.readUTF())));
        }
      }
    } catch (IOException | IllegalArgumentException damaged) {
      throw new CheckpointException(
          "the commit's list of letters that were played again can't be read", damaged);
    }
    return played;
  }
}
