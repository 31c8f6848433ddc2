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
 * behind a tilde, in hexadecimal, which of its letters are capitals.
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
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        capitals = capitals.setBit(i);
      }
    }
    boolean isSpecial = name.startsWith(".") || name.endsWith(".");
    return capitals.signum() == 0 && !isSpecial
        ? name
        : name.toLowerCase(Locale.ROOT) + "~" + capitals.toString(16);
  }

  private static Optional<String> decoded(String folder) {
    int tilde = folder.lastIndexOf('~');
    if (tilde < 0) {
      return Optional.of(folder);
    }
    try {
      BigInteger capitals = new BigInteger(folder.substring(tilde + 1), 16);
      StringBuilder name = new StringBuilder(folder.substring(0, tilde));
      for (int i = 0; i < name.length(); i++) {
        if (capitals.testBit(i)) {
          name.setCharAt(i, Character.toUpperCase(name.charAt(i)));
        }
      }
      return Optional.of(name.toString());
    } catch (ArithmeticException | NumberFormatException e) {
      return Optional.empty();
    }
  }
}
