package io.headrace.local.protocol;

import java.util.List;

/** The fields of a request or of a part of one, in the order in which the service checks them. */
final class Structure {
  private final List<Field<?>> fields;

  private Structure(List<Field<?>> fields) {
    this.fields = fields;
  }

  static Structure of(Field<?>... fields) {
    return new Structure(List.of(fields));
  }

  List<Field<?>> fields() {
    return fields;
  }

  /** Where the field of this name is, or -1. There are never more than a few. */
  int indexOf(String name) {
    for (int i = 0; i < fields.size(); i++) {
      if (fields.get(i).name().equals(name)) {
        return i;
      }
    }
    return -1;
  }

  int indexOf(Field<?> field) {
    int index = indexOf(field.name());
    if (index < 0) {
      throw new IllegalStateException("no field " + field.name() + " in this structure");
    }
    return index;
  }
}
