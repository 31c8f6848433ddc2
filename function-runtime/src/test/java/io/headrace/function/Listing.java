package io.headrace.function;

/** A window of values {@code name@second} ({@link Rig#timedInput}), whose sum lists them. */
class Listing implements WindowFunction<String, String, String> {
  @Override
  public String empty() {
    return "";
  }

  @Override
  public String add(String sum, Event<String> event) {
    return sum + event.value() + " ";
  }

  @Override
  public String merge(String left, String right) {
    return left + right;
  }

  @Override
  public void close(Window window, String sum, Output<String> out) {
    out.send(window.key() + ": " + sum.strip());
  }
}
