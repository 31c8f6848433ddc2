package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Exceptions are code of users, too: what they do when they are asked breaks nothing. */
class UsersExceptionsTest {
  @Test
  void exceptions_of_users_are_taken_as_they_are_and_give_no_shard_up() {
    var rig =
        new Rig(
                1,
                Rig.reading()
                    .retrying(RetryPolicy.upTo(0))
                    .handledBy(
                        () ->
                            (event, out) -> {
                              if (event.value().equals("cause")) {
                                throw new Hostile();
                              }
                              throw new TerminalFailure("c".repeat(70), "a code that is too long");
                            },
                        Destination.<String>nowhere()))
            .start();
    rig.putAll("a=cause", "b=code");
    rig.advance(1_000);
    assertThat(rig.failed).isNull();
    assertThat(rig.letters)
        .extracting(DeadLetter::code)
        .containsExactlyInAnyOrder("RetryAttemptsExhausted", "c".repeat(64));
  }

  private static final class Hostile extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public synchronized Throwable getCause() {
      throw new IllegalStateException("getCause");
    }

    @Override
    public String getMessage() {
      throw new IllegalStateException("getMessage");
    }
  }
}
