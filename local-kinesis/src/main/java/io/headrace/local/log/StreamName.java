package io.headrace.local.log;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Whose stream it is and its name, and the folder in which it lies: one level each. File systems
 * may not tell capitals from small letters, so a name with capitals is written small and says
 * behind a tilde, in hexadecimal, which of its letters are capitals. A region is whatever a client
 * says: what is no letter, digit, dot, dash or underscore is written as its code.
 */
public record StreamName(String account, String region, String name) {
  Path folderIn(Path root) {
    return root.resolve(encoded(account)).resolve(encoded(region)).resolve(encoded(name));
  }

  static Optional<StreamName> ofFolder(Path folder) {
    List<String> parts = new ArrayList<>();
    for (int i = folder.getNameCount() - 3; i < folder.getNameCount(); i++) {
      Optional<String> part = i < 0 ? Optional.empty() : decoded(folder.getName(i).toString());
      part.ifPresent(parts::add);
    }
    return parts.size() == 3
        ? Optional.of(new StreamName(parts.get(0), parts.get(1), parts.get(2)))
        : Optional.empty();
  }

  private static String encoded(String name) {
    BigInteger capitals = BigInteger.ZERO;
    StringBuilder folder = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        capitals = capitals.setBit(i);
        folder.append((char) (c - 'A' + 'a'));
      } else if (isPlain(c)) {
        folder.append(c);
      } else {
        folder.append(String.format(Locale.ROOT, "%%%04x", (int) c));
      }
    }
    boolean isSpecial = name.startsWith(".") || name.endsWith(".") || name.isEmpty();
    return capitals.signum() == 0 && !isSpecial
        ? folder.toString()
        : folder.append('~').append(capitals.toString(16)).toString();
  }

  private static Optional<String> decoded(String folder) {
    int tilde = folder.lastIndexOf('~');
    String small = tilde < 0 ? folder : folder.substring(0, tilde);
    StringBuilder name = new StringBuilder();
    try {
      for (int i = 0; i < small.length(); i++) {
        char c = small.charAt(i);
        if (c == '%') {
          name.append((char) Integer.parseInt(small.substring(i + 1, i + 5), 16));
          i += 4;
        } else {
          name.append(c);
        }
      }
      BigInteger capitals =
          tilde < 0 ? BigInteger.ZERO : new BigInteger(folder.substring(tilde + 1), 16);
      for (int i = 0; i < name.length(); i++) {
        if (capitals.testBit(i)) {
          name.setCharAt(i, Character.toUpperCase(name.charAt(i)));
        }
      }
      return Optional.of(name.toString());
    } catch (ArithmeticException | NumberFormatException | StringIndexOutOfBoundsException e) {
      return Optional.empty();
    }
  }

  private static boolean isPlain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  }
}
