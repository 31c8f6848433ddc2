package io.headrace.kcl;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The bytes that one worker may hold between fetch and settlement, shared by all its readers. Pure;
 * belongs to the worker loop.
 *
 * <p>Each account has a floor that nobody else can use, so that a shard always gets its batch; with
 * so many accounts that the floors do not fit, the budget is divided evenly. What is not set aside
 * goes to whoever asks, no more than a fair share each while others wait. The sum never exceeds the
 * budget, except that a single record larger than what was granted is still taken.
 */
final class ByteBudget {
  private final long bytesMax;
  private final long floorWanted;
  private final long fetchMax;
  private final Runnable whenFree;
  private final Set<Account> accounts = new LinkedHashSet<>();
  private final Set<Account> waiting = new LinkedHashSet<>();
  private long floor;

  /** Sum over the accounts of what they use. */
  private long used;

  /** Sum over the accounts of what they use or have set aside, whichever is more. */
  private long claimed;

  /**
   * Makes a budget.
   *
   * @param floor what each account has for itself
   * @param fetchMax the most that one fetch is granted
   * @param whenFree called when bytes are freed while accounts wait: {@link #serve} soon
   */
  ByteBudget(long bytesMax, long floor, long fetchMax, Runnable whenFree) {
    this.whenFree = whenFree;
    this.bytesMax = bytesMax;
    floorWanted = floor;
    this.floor = floor;
    this.fetchMax = fetchMax;
  }

  long bytesMax() {
    return bytesMax;
  }

  long used() {
    return used;
  }

  Account open() {
    var account = new Account();
    accounts.add(account);
    divide();
    return account;
  }

  /** Tells those who wait and would be granted something now to ask again, in their order. */
  void serve() {
    var served = new ArrayList<Account>();
    long free = bytesMax - used;
    for (var account : waiting) {
      long grant = Math.min(account.grantable(), free);
      if (grant > 0) {
        served.add(account);
        free -= grant;
      }
    }
    served.forEach(Account::withdraw);
    served.forEach(account -> account.served.run());
  }

  private void divide() {
    floor = Math.max(1, Math.min(floorWanted, bytesMax / Math.max(1, accounts.size())));
    claimed = accounts.stream().mapToLong(Account::claim).sum();
  }

  /** What one reader holds. */
  final class Account {
    private long held;
    private long granted;
    private long appetite = floorWanted;
    private boolean closed;
    private Runnable served = () -> {};

    /** Calls {@code askAgain} when what was asked in vain can be granted. */
    void onServed(Runnable askAgain) {
      served = askAgain;
    }

    long held() {
      return held;
    }

    /**
     * Asks for bytes to fetch.
     *
     * @return how many may be fetched; 0 when the account has to wait, and is then in the queue
     */
    long ask() {
      if (granted > 0 || closed) {
        throw new IllegalStateException("account with " + granted + " bytes granted asks again");
      }
      long grant = grantable();
      if (grant == 0) {
        waiting.add(this);
        return 0;
      }
      waiting.remove(this);
      change(0, grant);
      return grant;
    }

    /** No longer wants what it asked for. */
    void withdraw() {
      waiting.remove(this);
    }

    /** A fetch brought so many bytes; what was granted beyond them is free again. */
    void took(long bytes) {
      long asked = granted;
      change(bytes, -granted);
      if (bytes >= asked / 2) {
        appetite = Math.min(fetchMax, appetite * 2);
      } else if (bytes < asked / 8) {
        appetite = Math.min(fetchMax, floorWanted);
      }
    }

    /** A fetch brought nothing. */
    void returned() {
      took(0);
    }

    /** So many bytes are settled. */
    void release(long bytes) {
      if (bytes > held) {
        throw new IllegalStateException(bytes + " bytes released of " + held + " held");
      }
      change(-bytes, 0);
    }

    /** Ends the account once what it holds is released. */
    void close() {
      closed = true;
      withdraw();
      change(0, -granted);
    }

    private void change(long heldBy, long grantedBy) {
      claimed -= claim();
      held += heldBy;
      granted += grantedBy;
      used += heldBy + grantedBy;
      claimed += claim();
      if (closed && held == 0 && accounts.remove(this)) {
        divide();
      }
      if (!waiting.isEmpty() && (heldBy + grantedBy < 0 || closed)) {
        whenFree.run();
      }
    }

    private long claim() {
      return closed ? held : Math.max(floor, held + granted);
    }

    private long grantable() {
      long own = Math.max(0, floor - held);
      long common = Math.max(0, bytesMax - claimed) / (1 + waiting.size());
      long grant = Math.min(Math.min(appetite, own + common), bytesMax - used);
      return grant >= Math.max(1, Math.min(floor, appetite) / 2) ? grant : 0;
    }
  }
}
