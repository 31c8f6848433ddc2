package io.headrace.local.protocol;

/** What a field of a request holds. */
sealed interface Kind {
  /** A string. */
  record Text() implements Kind {}

  /** An integer of 32 bits. */
  record Whole() implements Kind {}

  /** True or false. */
  record Flag() implements Kind {}

  /** Bytes: Base64 in JSON, a byte string in CBOR. */
  record Blob() implements Kind {}

  /** A time in milliseconds since 1970: seconds with a fraction in JSON, tagged in CBOR. */
  record Time() implements Kind {}

  /** A list of structures; {@code memberName} is what the service calls one in its sentences. */
  record ListOf(Structure element, String memberName) implements Kind {}

  /** A list of strings. */
  record Texts() implements Kind {}

  /** Strings by string, in the order in which the request has them. */
  record TextMap() implements Kind {}

  /** Fields under one name. */
  record Nested(Structure structure) implements Kind {}
}
