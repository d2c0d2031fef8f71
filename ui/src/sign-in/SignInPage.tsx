import { useQuery } from "@tanstack/react-query";
import { call } from "../api";
import { FirstAccount } from "./FirstAccount";
import { SignIn } from "./SignIn";

/** Sign in; on the first start, when nobody can, make the first account. */
export function SignInPage() {
  const setup = useQuery({
    queryKey: ["setup"],
    queryFn: async () => (await call<{ needed: boolean }>("setup:check")).data,
  });
  return setup.data?.needed ? <FirstAccount /> : <SignIn />;
}
