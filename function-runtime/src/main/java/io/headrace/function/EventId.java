package io.headrace.function;

/**
 * Names one record for ever: the same in a redelivery, after a move, and in a child shard.
 *
 * @param stream the stream's name
 * @param shard the shard in which the record lies
 * @param sequence decimal digits
 * @param subSequence index within a packed record, else 0
 */
public record EventId(String stream, String shard, String sequence, long subSequence) {
  /** {@code stream/shard/sequence:sub}. */
  @Override
  public String toString() {
    return stream + "/" + shard + "/" + sequence + ":" + subSequence;
  }
}
