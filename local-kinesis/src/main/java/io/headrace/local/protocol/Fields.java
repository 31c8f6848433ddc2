package io.headrace.local.protocol;

import org.jspecify.annotations.Nullable;

/** The values that a request gave for the fields of a structure. Confined to one request. */
final class Fields {
  private final Structure structure;
  private final @Nullable Object[] values;

  Fields(Structure structure) {
    this.structure = structure;
    this.values = new Object[structure.fields().size()];
  }

  Structure structure() {
    return structure;
  }

  @Nullable Object at(int index) {
    return values[index];
  }

  void set(int index, @Nullable Object value) {
    values[index] = value;
  }

  /** The value, or null when the request has none. */
  @SuppressWarnings("unchecked") // the parser puts in what the field's kind says
  <T> @Nullable T get(Field<T> field) {
    return (T) values[structure.indexOf(field)];
  }

  <T> T get(Field<T> field, T otherwise) {
    T value = get(field);
    return value != null ? value : otherwise;
  }

  /** The value of a required field, which validation has seen to. */
  <T> T require(Field<T> field) {
    T value = get(field);
    if (value == null) {
      throw new IllegalStateException("required field is missing: " + field.name());
    }
    return value;
  }
}
